/**
 * What the centre crop of pictures costs.
 *
 * @module
 */
import { WAYS } from "../../experiments/trials/trial_results.ts";
import { CROP_FITS } from "../../experiments/crop/crop_results.ts";
import { originSlug, originTitle, setName, slug } from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { INTERVALS, paragraph } from "./notes.ts";
import { RECALL_HEADS, resultCells } from "./retrieval_cells.ts";
import { figureText, type ReportTable } from "./report_table.ts";

const FITS = { crop: "cropped to the middle", pad: "whole, on black bars", squash: "whole, squeezed" } as const;

/** A table of each `crop`. */
export function cropTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "crop").map(({ data, file: { result }, stored: { run } }) => {
    const { of: { pictures, recordings, notSquare }, recall, gain, trainedWith, model } = result;
    const origin = data[0]!;
    return {
      name: `crop_${slug(origin.set)}_${originSlug(origin)}`,
      title: `How pictures become squares, ${setName(origin)}: recall in percent (${originTitle(origin)})`,
      note: paragraph(
        "The paper shows single failures of the crop (Figures 5 and 9) and has no such table.",
        `${recordings} recordings, ${pictures} pictures, of which ${notSquare} are not square` +
          `${notSquare === 0 ? ": nothing can differ" : ""}.`,
        `${model}, trained with ${trainedWith}.`,
        INTERVALS,
        "Last row: difference in points, paired bootstrap.",
        `Ours from ${run}.`,
      ),
      columns: ["pictures", ...RECALL_HEADS],
      rows: [
        ...CROP_FITS.map((fit) => [FITS[fit], ...resultCells(recall[fit])]),
        [
          "bars less crop",
          ...WAYS.flatMap((way) => [
            ...(["R@1", "R@5"] as const).map((k) => {
              const { points, interval } = gain[way][k];
              return figureText({ value: points, interval, signed: true });
            }),
            "",
          ]),
        ],
      ],
    };
  });
}
