/**
 * Trained on one data set, tested on another (paper, Table 5).
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../../errors.ts";
import { markdownTable } from "../experiment_file.ts";
import { joinTrials, runTrial, type Trial, type TrialOptions } from "../trials/run_trial.ts";
import { isSplitOf, testSplits } from "../trials/test_splits.ts";
import type { TrialResult } from "../trials/trial_results.ts";
import { compareRows, namesOf, rowsOf } from "../trials/trial_statistics.ts";
import { recallCell, seedLine, testLine } from "../trials/trial_tables.ts";
import type { CrossSettings } from "./cross_results.ts";

/**
 * Trains the models that are not there, and asks each on the test split of every model's data set. Each model is compared
 * with the first one that was trained on the split's own data set.
 *
 * @param folder where the runs are kept
 * @returns undefined where the signal stopped it; the next call goes on
 * @throws {InputError} where data, models or runs are at fault, or two models have one name.
 */
export async function crossTest(
  { models }: CrossSettings,
  folder: string,
  options: TrialOptions,
): Promise<TrialResult | undefined> {
  const twice = models.find(({ name }, i) => models.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) {
    throw new InputError(
      `Cannot tell the models apart as two are called '${twice.name}': expected a name for each. Give each model once.`,
    );
  }
  const splits = testSplits(models.map(({ config }) => config));
  const trials: Trial[] = [];
  for (const { name, config, run } of models) {
    for (const test of splits) {
      const path = run ?? join(folder, name);
      const trial = await runTrial(config, path, { name, test: test.name }, { ...options, on: test.on });
      if (trial === undefined) return undefined;
      trials.push(trial);
    }
  }
  const joined = joinTrials(trials);
  const comparisons = splits.flatMap((split) => {
    const home = models.find(({ config }) => isSplitOf(split, config))!.name;
    const of = (name: string) => rowsOf(joined.rows, name, split.name);
    return namesOf(joined.rows).filter((name) => name !== home).map((name) => compareRows(of(name), of(home)));
  });
  return { ...joined, comparisons };
}

/** Markdown: a matrix each way, R@5. */
export function crossTable(_: CrossSettings, { tests, rows }: TrialResult): string {
  const matrix = (way: "speech2image" | "image2speech"): string =>
    markdownTable(
      ["trained on \\ tested on", ...tests.map(({ test }) => test)],
      namesOf(rows).map((name) => [name, ...tests.map(({ test }) => recallCell(rowsOf(rows, name, test), way, 5))]),
    );
  return [
    "# Trained on one data set, tested on another: R@5 (Table 5)",
    `${tests.map(testLine).join(" ")} ${seedLine(rows)}`,
    `Speech to image:\n\n${matrix("speech2image")}`,
    `Image to speech:\n\n${matrix("image2speech")}`,
    "A row is the training set, a column the test set. The paper's caption of Table 5 names them the other way round; its " +
    "text and the sizes of its numbers show that there, too, a row is the training set.",
  ].join("\n\n");
}
