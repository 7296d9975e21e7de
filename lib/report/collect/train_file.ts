/**
 * A training run as a part of a report: its settings, its table, and how its training went.
 *
 * @module
 */
import { z } from "zod";
import type { PartSchema } from "../../experiments/experiment_file.ts";
import { checkResults, type RunResults } from "../../experiments/results.ts";
import { messageOf } from "../../errors.ts";
import { configPart, type RunConfig } from "../../training/config.ts";

/** Checks of the two parts of the file. */
export const TRAIN_SCHEMAS: { settings: PartSchema<RunConfig>; result: PartSchema<RunResults> } = {
  settings: configPart as unknown as PartSchema<RunConfig>,
  result: z.unknown().transform((value, context): RunResults => {
    try {
      return checkResults(value, "a run");
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
      return z.NEVER;
    }
  }) as unknown as PartSchema<RunResults>,
};
