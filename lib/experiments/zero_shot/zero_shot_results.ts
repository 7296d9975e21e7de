/**
 * `results.json` of `zero-shot`.
 *
 * @module
 */
import { z } from "zod";
import { configPart, type RunConfig } from "../../training/config.ts";
import type { PartSchema } from "../experiment_file.ts";
import { TRIAL_RESULT, type TrialResult } from "../trials/trial_results.ts";

/** The data sets, each with its models. */
export interface ZeroShotSettings {
  /** One a data set; of a run's settings those of data, models and reading count. */
  configs: RunConfig[];
}

/** Checks of the two parts of the file. */
export const ZERO_SHOT_SCHEMAS: { settings: PartSchema<ZeroShotSettings>; result: PartSchema<TrialResult> } = {
  settings: z.strictObject({ configs: z.array(configPart).min(1) }) as unknown as PartSchema<ZeroShotSettings>,
  result: TRIAL_RESULT,
};
