/**
 * Tables about single queries: the centre crop, and the joint space.
 *
 * @module
 */
import { CROP_FITS } from "../../experiments/crop/experiment.ts";
import { WAYS } from "../../experiments/trials/trial_results.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { originSlug, originTitle, setName, slug } from "../collect/origin.ts";
import { INTERVALS, paragraph, RECALL_HEADS, resultCells } from "./cells.ts";
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

/** A table of each `space`. */
export function spaceTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "space").map(({ data, file: { result }, stored: { run } }) => {
    const { of, pairs, models } = result;
    const origin = data[0]!;
    const number = (value: number, digits: number): string => figureText({ value, digits });
    return {
      name: `space_${slug(origin.set)}_${originSlug(origin)}`,
      title: `The joint space, ${setName(origin)}: how near pairs lie (${originTitle(origin)})`,
      note: paragraph(
        "The paper has no such table.",
        `${of.recordings} recordings and ${of.pictures} pictures of the ${of.split} split, of which ${pairs.length} pairs ` +
          "are drawn. Distances are Euclidean, between features of length 1. Gap: from the mean picture to the mean " +
          "recording. Trust: trustworthiness of the 10 nearest neighbours on the map, 1 where it invents none.",
        `Ours from ${run}.`,
      ),
      columns: ["model", "own pair", "other pairs", "gap", "variance of 2 components, %", "trust PCA", "trust t-SNE"],
      rows: models.map(({ name, pairDistance, otherDistance, modalityGap, explained, pca, tsne }) => [
        name,
        number(pairDistance, 3),
        number(otherDistance, 3),
        number(modalityGap, 3),
        number(100 * (explained[0] + explained[1]), 0),
        number(pca.trustworthiness, 3),
        number(tsne.trustworthiness, 3),
      ]),
    };
  });
}
