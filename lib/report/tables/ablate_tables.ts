/**
 * What each setting is worth.
 *
 * @module
 */
import { nameOf } from "../../experiments/table.ts";
import { namesOf, rowsOf } from "../../experiments/trials/trial_statistics.ts";
import { originSlug, originTitle, setName, slug } from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";
import { INTERVALS, PAIRED, paragraph, queriesNote, trainingNote } from "./notes.ts";
import { differenceCells, RECALL_HEADS, trialCells } from "./retrieval_cells.ts";
import type { ReportTable } from "./report_table.ts";

/** Two tables of each `ablate`: recall of each setting, and its difference from the default. */
export function ablateTables(entries: readonly ReportEntry[]): ReportTable[] {
  return entriesOf(entries, "ablate").flatMap(
    ({ data, seeds, file: { settings: { models }, result }, stored: { run } }) => {
      const { name: base, config } = models[0]!;
      const origin = data[0]!;
      const name = `${slug(origin.set)}_${originSlug(origin)}`;
      const of = `${nameOf({ variant: config.variant, trained: true })} on ${setName(origin)}`;
      const notes = [result.tests[0] && queriesNote(result.tests[0]), trainingNote(config, seeds)] as const;
      return [
        {
          name: `ablations_${name}`,
          title: `One setting changed in ${of}: recall in percent (${originTitle(origin)})`,
          note: paragraph("Not in the paper, which leaves these open.", ...notes, INTERVALS, `Ours from ${run}.`),
          columns: ["setting", ...RECALL_HEADS],
          rows: namesOf(result.rows).map((setting) => [
            setting,
            ...trialCells(rowsOf(result.rows, setting, config.dataset)),
          ]),
        },
        {
          name: `ablation_differences_${name}`,
          title: `Each setting less '${base}' in ${of}: difference of recall in points (${originTitle(origin)})`,
          note: paragraph(...notes, PAIRED, `Ours from ${run}.`),
          columns: ["setting", ...RECALL_HEADS],
          rows: result.comparisons.map((comparison) => [comparison.name, ...differenceCells(comparison)]),
        },
      ];
    },
  );
}
