/**
 * Every two variants against each other.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import { originSlug, originTitle, setName, slug } from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { PAIRED, paragraph, queriesNote, trainingNote } from "./notes.ts";
import { differenceCells, RECALL_HEADS } from "./retrieval_cells.ts";
import type { ReportTable } from "./report_table.ts";

/** A table of each `compare`: differences in points. */
export function differenceTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "compare").map(({ data, file: { settings: { config, seeds }, result }, stored }) => {
    const origin = data[0]!;
    const title = (variant: string): string => nameOf({ variant, trained: true });
    return {
      name: `differences_${slug(origin.set)}_${originSlug(origin)}`,
      title: `Variants against each other on ${setName(origin)}, difference of recall in points (${
        originTitle(origin)
      })`,
      note: paragraph(
        result.tests[0] && queriesNote(result.tests[0]),
        trainingNote(config, seeds).replace("mean ± standard deviation over", "means over"),
        PAIRED,
        `From ${stored.run}.`,
      ),
      columns: ["difference", ...RECALL_HEADS],
      rows: result.comparisons.map((comparison) => [
        `${title(comparison.name)} less ${title(comparison.against)}`,
        ...differenceCells(comparison),
      ]),
    };
  });
}
