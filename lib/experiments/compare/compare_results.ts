/**
 * `results.json` of `compare`.
 *
 * @module
 */
import { z } from "zod";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import { configPart, type RunConfig } from "../../training/config.ts";
import type { PartSchema } from "../experiment_file.ts";
import { seedsPart } from "../trials/settings_parts.ts";
import { TRIAL_RESULT, type TrialResult } from "../trials/trial_results.ts";

/** What is compared. */
export interface CompareSettings {
  /** The run that all are trained as, but for variant and seed. */
  config: RunConfig;
  /** The variants. */
  variants: Variant[];
  /** The seeds; each variant that is trained is trained once for each. */
  seeds: number[];
}

/** Checks of the two parts of the file. */
export const COMPARE_SCHEMAS: { settings: PartSchema<CompareSettings>; result: PartSchema<TrialResult> } = {
  settings: z.strictObject({
    config: configPart,
    variants: z.array(z.enum(Object.keys(VARIANTS) as Variant[])).min(1),
    seeds: seedsPart,
  }) as unknown as PartSchema<CompareSettings>,
  result: TRIAL_RESULT,
};
