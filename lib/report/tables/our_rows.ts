/**
 * Our recall by variant on one data set, from all experiments that tell it.
 *
 * @module
 */
import { rowsOf } from "../../experiments/trials/trial_statistics.ts";
import type { TestQueries, TrialRow } from "../../experiments/trials/trial_results.ts";
import type { Variant } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { type DataOrigin, originKey, originOf } from "../collect/data_origin.ts";
import { entriesOf, type ReportEntry } from "../collect/entry.ts";

/** One variant on one data set. */
export interface OurRow {
  /** The variant. */
  variant: Variant;
  /** Its rows, one a seed. */
  rows: TrialRow[];
  /** The queries. */
  queries: TestQueries;
  /** How it was trained, and on what it was tested. */
  config: RunConfig;
  /** Folder of the run. */
  run: string;
}

/**
 * Variants on the data sets that were tested: `compare` first, then `zero-shot`, then the models of `cross` on their own data
 * set; of each the newest.
 *
 * @returns by data set, in the order in which they are found
 */
export function ourRows(entries: readonly ReportEntry[]): Map<string, { origin: DataOrigin; rows: OurRow[] }> {
  const sets = new Map<string, { origin: DataOrigin; rows: OurRow[] }>();
  for (const row of [...fromCompare(entries), ...fromZeroShot(entries), ...fromCross(entries)]) {
    const origin = originOf(row.queries.dataset, row.queries.dataRoot, row.config.maxPictures);
    const key = originKey(origin);
    const known = sets.get(key) ?? { origin, rows: [] };
    sets.set(key, known);
    if (row.rows.length > 0 && !known.rows.some(({ variant }) => variant === row.variant)) known.rows.push(row);
  }
  return sets;
}

function fromCompare(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "compare").flatMap((
    { file: { settings: { variants, config }, result }, stored: { run } },
  ) =>
    result.tests.flatMap((queries) =>
      variants.map((variant) => ({ variant, rows: rowsOf(result.rows, variant, queries.test), queries, config, run }))
    )
  );
}

function fromZeroShot(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "zero-shot").flatMap(({ file: { settings: { configs }, result }, stored: { run } }) =>
    result.tests.flatMap((queries) =>
      (["pip-zero-shot", "pip-zero-shot-gt"] as const).map((variant) => ({
        variant,
        rows: rowsOf(result.rows, variant, queries.test),
        queries,
        config: configs.find(({ dataset }) => dataset === queries.dataset) ?? configs[0]!,
        run,
      }))
    )
  );
}

function fromCross(entries: readonly ReportEntry[]): OurRow[] {
  return entriesOf(entries, "cross").flatMap(({ file: { settings: { models }, result }, stored: { run } }) =>
    models.flatMap(({ name, config }) =>
      result.tests.filter(({ dataset, dataRoot }) => dataset === config.dataset && dataRoot === config.dataRoot)
        .map((queries) => ({
          variant: config.variant,
          rows: rowsOf(result.rows, name, queries.test),
          queries,
          config,
          run,
        }))
    )
  );
}

/** Which runs the rows are from: `"Ours from runs/compare; zero-shot from runs/zero-shot."` */
export function sourceNote(rows: readonly OurRow[], nameOf: (variant: Variant) => string): string {
  const runs = Map.groupBy(rows, ({ run }) => run);
  if (runs.size === 1) return `Ours from ${[...runs.keys()][0]}.`;
  const parts = [...runs].map(([run, rows]) => `${rows.map(({ variant }) => nameOf(variant)).join(", ")} from ${run}`);
  return `Ours: ${parts.join("; ")}.`;
}
