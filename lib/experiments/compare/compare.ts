/**
 * All variants on one data set, trained alike (paper, Tables 1 and 2).
 *
 * @module
 */
import type { Variant } from "../../systems/variants.ts";
import { nameOf } from "../table.ts";
import type { TrialOptions } from "../trials/run_trial.ts";
import type { TrialResult } from "../trials/trial_results.ts";
import { compareRows, rowsOf } from "../trials/trial_statistics.ts";
import { COMPARISON_LINE, comparisonTable, recallTable, seedLine, testLine } from "../trials/trial_tables.ts";
import { trainTrials } from "../trials/train_trials.ts";
import type { CompareSettings } from "./compare_results.ts";

/**
 * Trains the variants with the same seeds and data, asks each on the test split, and compares every two.
 *
 * @param folder where the runs are kept
 * @returns undefined where the signal stopped it; the next call goes on
 * @throws {InputError} where data, models or earlier runs are at fault.
 */
export async function compareVariants(
  { config, variants, seeds }: CompareSettings,
  folder: string,
  options: TrialOptions,
): Promise<TrialResult | undefined> {
  const models = variants.map((variant) => ({ name: variant, config: { ...config, variant } }));
  const trials = await trainTrials(models, seeds, folder, options);
  if (trials === undefined) return undefined;
  const { tests, rows } = trials;
  const of = (variant: Variant) => rowsOf(rows, variant, config.dataset);
  const comparisons = variants.flatMap((variant, i) =>
    variants.slice(0, i).map((against) => compareRows(of(variant), of(against)))
  );
  return { tests, rows, comparisons };
}

/** Markdown: recall of each variant, then every two of them against each other. */
export function compareTable({ config }: CompareSettings, { tests, rows, comparisons }: TrialResult): string {
  const title = (name: string): string => nameOf({ variant: name, trained: true });
  return [
    `# Variants on ${config.dataset} (Tables 1 and 2)`,
    `${tests.map(testLine).join(" ")} ${config.steps} steps of ${config.batchSize} pairs. ${seedLine(rows)}`,
    recallTable({ rows }, config.dataset, { head: "variant", nameOf: title }),
    COMPARISON_LINE,
    comparisonTable(comparisons, ({ name, against }) => `${title(name)} less ${title(against)}`),
  ].join("\n\n");
}
