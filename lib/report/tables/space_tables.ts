/**
 * How near pairs lie in the joint space.
 *
 * @module
 */
import { originSlug, originTitle, setName, slug } from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { paragraph } from "./notes.ts";
import { figureText, type ReportTable } from "./report_table.ts";

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
