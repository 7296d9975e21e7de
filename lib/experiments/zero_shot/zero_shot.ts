/**
 * What the errors of the recogniser cost: zero-shot on transcripts and on written captions (paper, Table 4).
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../../errors.ts";
import type { Variant } from "../../systems/variants.ts";
import { nameOf } from "../table.ts";
import { joinTrials, runTrial, type Trial, type TrialOptions } from "../trials/run_trial.ts";
import type { TrialResult } from "../trials/trial_results.ts";
import { compareRows, rowsOf } from "../trials/trial_statistics.ts";
import { isSplitOf, testSplits } from "../trials/test_splits.ts";
import { COMPARISON_LINE, comparisonTable, recallTable, seedLine, testLine } from "../trials/trial_tables.ts";
import { fileName } from "../trials/train_trials.ts";
import type { ZeroShotSettings } from "./zero_shot_results.ts";

const TEXTS: readonly Variant[] = ["pip-zero-shot", "pip-zero-shot-gt"];

/**
 * Asks the frozen models with transcripts and with written captions on each data set's test split.
 *
 * @param folder where inputs that are left out are listed
 * @returns undefined where the signal stopped it; what is heard stays stored
 * @throws {InputError} where data or models are at fault, a data set is named twice, or a recording has no written caption.
 */
export async function zeroShot(
  { configs }: ZeroShotSettings,
  folder: string,
  options: TrialOptions,
): Promise<TrialResult | undefined> {
  const splits = testSplits(configs);
  const twice = splits.find((split) => configs.filter((config) => isSplitOf(split, config)).length > 1);
  if (twice !== undefined) {
    throw new InputError(
      `Cannot ask the frozen models twice on the test split of '${twice.on.dataset}' in '${twice.on.dataRoot}': expected ` +
        `each data set once. Leave out one of them.`,
    );
  }
  const trials: Trial[] = [];
  for (const [i, config] of configs.entries()) {
    const test = splits[i]!.name;
    for (const variant of TEXTS) {
      const label = { name: variant, test };
      const trial = await runTrial({ ...config, variant }, join(folder, fileName(test)), label, options);
      if (trial === undefined) return undefined;
      trials.push(trial);
    }
  }
  const { tests, rows } = joinTrials(trials);
  const comparisons = tests.map(({ test }) =>
    compareRows(rowsOf(rows, "pip-zero-shot-gt", test), rowsOf(rows, "pip-zero-shot", test))
  );
  return { tests, rows, comparisons };
}

/** Markdown: a table a data set, then the differences. */
export function zeroShotTable({ tests, rows, comparisons }: TrialResult): string {
  return [
    `# Zero-shot: what the recogniser's errors cost (Table 4)`,
    seedLine(rows),
    ...tests.flatMap((queries) => [
      testLine(queries),
      recallTable({ rows }, queries.test, { head: "text", nameOf: (variant) => nameOf({ variant, trained: false }) }),
    ]),
    `${COMPARISON_LINE} Written caption less transcript:`,
    comparisonTable(comparisons, ({ test }) => test),
  ].join("\n\n");
}
