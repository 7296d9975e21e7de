/**
 * What `zero-shot` does, loaded when it is asked for.
 *
 * @module
 */
import { zeroShot, zeroShotTable } from "../experiments/zero_shot/zero_shot.ts";
import { ZERO_SHOT_SCHEMAS } from "../experiments/zero_shot/zero_shot_results.ts";
import type { RetrievalOptions } from "./retrieval_options.ts";
import { runRetrieval } from "./run_retrieval.ts";
import { newSettings } from "./settings.ts";
import { SAMPLE_SETS, ZERO_SHOT_OUT } from "./zero_shot.ts";

/**
 * Runs the experiment.
 *
 * @throws {InputError} where data, models or the file to repeat are at fault.
 */
export function zeroShotFromOptions(options: RetrievalOptions): Promise<"complete" | "interrupted"> {
  const { presets = SAMPLE_SETS, from, out = ZERO_SHOT_OUT, ...run } = options;
  return runRetrieval({
    experiment: "zero-shot",
    schemas: ZERO_SHOT_SCHEMAS,
    settings: () => ({ configs: presets.map((preset) => newSettings({ ...run, preset, variant: "pip-zero-shot" })) }),
    work: zeroShot,
    table: (_, result) => zeroShotTable(result),
  }, { from, out });
}
