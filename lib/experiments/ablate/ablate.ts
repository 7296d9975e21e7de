/**
 * What each part of the model is worth: one setting or a grid of settings changed, everything else the same.
 *
 * @module
 */
import { nameOf } from "../table.ts";
import type { TrialOptions } from "../trials/run_trial.ts";
import { type NamedConfig, trainTrials } from "../trials/train_trials.ts";
import type { TrialResult } from "../trials/trial_results.ts";
import { compareRows, rowsOf } from "../trials/trial_statistics.ts";
import { COMPARISON_LINE, comparisonTable, recallTable, seedLine, testLine } from "../trials/trial_tables.ts";
import type { AblateSettings } from "./ablate_results.ts";

/**
 * Trains each model with each seed, asks it on the test split, and compares it with the first.
 *
 * @param folder where the runs are kept
 * @returns undefined where the signal stopped it; the next call goes on
 * @throws {InputError} where data, models or earlier runs are at fault.
 */
export async function ablate(
  { models, seeds }: AblateSettings,
  folder: string,
  options: TrialOptions,
): Promise<TrialResult | undefined> {
  const trials = await trainTrials(models, seeds, folder, options);
  if (trials === undefined) return undefined;
  const { tests, rows } = trials;
  const [base, ...others] = models.map(({ name, config }) => rowsOf(rows, name, config.dataset));
  return { tests, rows, comparisons: others.map((other) => compareRows(other, base!)) };
}

/** Markdown: recall of each model, then its difference from the first. */
export function ablateTable({ models }: AblateSettings, { tests, rows, comparisons }: TrialResult): string {
  const { name: first, config } = models[0] as NamedConfig;
  const title = nameOf({ variant: config.variant, trained: true });
  return [
    `# Ablations of ${title} on ${config.dataset}`,
    `${tests.map(testLine).join(" ")} ${config.steps} steps of ${config.batchSize} pairs. ${seedLine(rows)}`,
    recallTable({ rows }, config.dataset, { head: "setting" }),
    ...comparisons.length === 0
      ? [`No setting differs from '${first}': there is nothing to compare.`]
      : [`${COMPARISON_LINE} Each setting less '${first}':`, comparisonTable(comparisons, ({ name }) => name)],
  ].join("\n\n");
}
