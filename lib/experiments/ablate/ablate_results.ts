/**
 * `results.json` of `ablate`.
 *
 * @module
 */
import { z } from "zod";
import type { PartSchema } from "../experiment_file.ts";
import { modelsPart, seedsPart } from "../trials/settings_parts.ts";
import type { NamedConfig } from "../trials/train_trials.ts";
import { TRIAL_RESULT, type TrialResult } from "../trials/trial_results.ts";

/** What is changed. */
export interface AblateSettings {
  /** The models; the first is what the others are measured against. */
  models: NamedConfig[];
  /** The seeds; each model is trained once for each. */
  seeds: number[];
}

/** Checks of the two parts of the file. */
export const ABLATE_SCHEMAS: { settings: PartSchema<AblateSettings>; result: PartSchema<TrialResult> } = {
  settings: z.strictObject({ models: modelsPart, seeds: seedsPart }) as unknown as PartSchema<AblateSettings>,
  result: TRIAL_RESULT,
};
