/**
 * `results.json` of `cross`.
 *
 * @module
 */
import { z } from "zod";
import { configPart, type RunConfig } from "../../training/config.ts";
import type { PartSchema } from "../experiment_file.ts";
import { TRIAL_RESULT, type TrialResult } from "../trials/trial_results.ts";

/** A model of one data set. */
export interface CrossModel {
  /** What its row is called. */
  name: string;
  /** Its settings. */
  config: RunConfig;
  /** The folder of a run that is taken; null: one in the experiment's folder. */
  run: string | null;
}

/** The models; their data sets are what all are tested on. */
export interface CrossSettings {
  /** One a row. */
  models: CrossModel[];
}

/** Checks of the two parts of the file. */
export const CROSS_SCHEMAS: { settings: PartSchema<CrossSettings>; result: PartSchema<TrialResult> } = {
  settings: z.strictObject({
    models: z.array(
      z.strictObject({ name: z.string().min(1), config: configPart, run: z.string().min(1).nullable() }),
    ).min(1),
  }) as unknown as PartSchema<CrossSettings>,
  result: TRIAL_RESULT,
};
