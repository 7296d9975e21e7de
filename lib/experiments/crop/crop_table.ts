/**
 * What the centre crop costs, as tables.
 *
 * @module
 */
import { markdownTable } from "../experiment_file.ts";
import { RECALL_HEAD, recallRow, tableText } from "../qualitative/words.ts";
import { signed } from "../signed.ts";
import { CROP_FITS, type CropResult, type CropSettings } from "./experiment.ts";
import { worstOf } from "./experiment.ts";

/** Markdown: recall under each fit, then the queries that lose most by the crop. */
export function cropTable({ model, top }: CropSettings, result: CropResult): string {
  const { recall, pictures, transcripts, queries } = result;
  const rows = worstOf(queries, top).map(({ direction, id, imageId, ranks, loss }) => [
    direction === "speech2image" ? "recording" : "picture",
    tableText(id),
    ...CROP_FITS.map((fit) => String(ranks[fit])),
    `+${loss}`,
    `${(100 * (pictures[imageId]?.cut ?? 0)).toFixed(0)} %`,
    tableText(direction === "speech2image" ? transcripts[id] ?? "" : "", 80),
  ]);
  return [
    "# Centre crop: what is lost at the edges",
    leadOf(result, model.config.dataRoot),
    markdownTable(["fit", ...RECALL_HEAD.slice(1)], CROP_FITS.map((fit) => recallRow(fit, recall[fit]))),
    gainLine(result),
    rows.length === 0
      ? "No query is found later under 'crop' than under 'pad'."
      : `The queries each way whose rank loses most by the crop (rank under 'crop' less rank under 'pad'):\n\n` +
        markdownTable(["query", "name", ...CROP_FITS, "loss", "cut away", "transcript"], rows),
  ].join("\n\n") + "\n";
}

/** What it is of, and whether there is anything to be cut. */
export function leadOf({ of, model, trainedWith }: CropResult, dataRoot: string): string {
  const what =
    `Split ${of.split} of ${of.dataset} in ${dataRoot}: ${of.pictures} pictures, ${of.recordings} recordings. ` +
    `${model}, trained with '${trainedWith}'. Percent with 95 % intervals by bootstrap over pictures.`;
  const shape = of.notSquare === 0
    ? "All pictures are square: no fit cuts, pads or squeezes anything, and all rows are equal. " +
      "Take a data set with wide or tall pictures, such as the real COCO or Flickr8k."
    : `${of.notSquare} of the pictures are not square.`;
  return `${what} ${shape}`;
}

/** What bars gain over the crop. */
export function gainLine({ gain }: CropResult): string {
  const part = (way: keyof CropResult["gain"], label: string) =>
    (["R@1", "R@5"] as const).map((k) => {
      const { points, interval: [low, high] } = gain[way][k];
      return `${label} ${k} ${signed(points)} (${signed(low)} to ${signed(high)})`;
    });
  return `'pad' over 'crop', in points, 95 % by paired bootstrap: ${
    [...part("speech2image", "S2I"), ...part("image2speech", "I2S")].join("; ")
  }.`;
}
