/**
 * Models that are trained alike, each with each seed, on their own test split.
 *
 * @module
 */
import { join } from "@std/path";
import { VARIANTS } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { checkPrompts } from "../check_prompts.ts";
import { joinTrials, runTrial, type Trial, type TrialOptions } from "./run_trial.ts";
import type { TestQueries, TrialRow } from "./trial_results.ts";

/** A model by its name. */
export interface NamedConfig {
  /** What rows call it. */
  name: string;
  /** Its settings, but for the seed. */
  config: RunConfig;
}

/**
 * Trains each model with each seed in `FOLDER/NAME-seed-N` and asks it on its test split; what needs no training is asked
 * once.
 *
 * @param folder where the runs are kept: one that is there is taken as it is, or continued
 * @returns undefined where the signal stopped it; the next call goes on
 * @throws {InputError} where data, models or earlier runs are at fault, or the models were not asked the same queries.
 */
export async function trainTrials(
  models: readonly NamedConfig[],
  seeds: readonly number[],
  folder: string,
  options: TrialOptions,
): Promise<{ tests: TestQueries[]; rows: TrialRow[] } | undefined> {
  for (const { config } of models) await checkPrompts(config); // before the first is trained
  const trials: Trial[] = [];
  for (const [place, seed] of seeds.entries()) {
    for (const { name, config } of models) {
      const trained = VARIANTS[config.variant].prompts;
      if (!trained && place > 0) continue;
      const path = join(folder, trained ? `${fileName(name)}-seed-${seed}` : fileName(name));
      const trial = await runTrial({ ...config, seed }, path, { name, test: config.dataset }, options);
      if (trial === undefined) return undefined;
      trials.push(trial);
    }
  }
  const order = models.map(({ name }) => name);
  return joinTrials(trials.toSorted((a, b) => order.indexOf(a.row.name) - order.indexOf(b.row.name)));
}

/** A name that can be a folder's. */
export function fileName(name: string): string {
  return name.replaceAll(/[^\w.=-]+/g, "_");
}
