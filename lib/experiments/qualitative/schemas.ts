/**
 * Checks that the results of several experiments share.
 *
 * @module
 */
import { z } from "zod";
import { configPart } from "../../training/config.ts";
import type { Choice } from "./choose.ts";
import type { ModelChoice } from "./model_choice.ts";
import type { SplitRecall } from "../evaluate.ts";

/** A text that is not empty. */
export const name: z.ZodType<string> = z.string().min(1);
/** A whole number from 0 on. */
export const count: z.ZodType<number> = z.number().int().min(0);
/** A whole number from 1 on. */
export const place: z.ZodType<number> = z.number().int().min(1);
/** Any number; one that is not finite was stored as null. */
export const real: z.ZodType<number> = z.union([z.number(), z.null().transform(() => NaN)]) as z.ZodType<number>;

/** A {@link ModelChoice}. */
export const modelChoice: z.ZodType<ModelChoice> = z.strictObject({
  config: configPart,
  run: z.strictObject({ path: name, config: configPart, checkpoint: z.enum(["best", "last"]) }).nullable(),
});

/** A {@link Choice}. */
export const choice: z.ZodType<Choice> = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("ids"), ids: z.array(name).min(1) }),
  z.strictObject({ by: z.literal("worst"), count: place }),
  z.strictObject({ by: z.literal("random"), count: place, seed: count }),
]);

/** A split. */
export const split: z.ZodType<"train" | "dev" | "test"> = z.enum(["train", "dev", "test"]);

/** The word errors of a transcript. */
export const errors: z.ZodType<{
  errors: number;
  words: number;
  wer: number;
  substitutions: number;
  deletions: number;
  insertions: number;
}> = z.strictObject({
  errors: count,
  words: count,
  wer: real,
  substitutions: count,
  deletions: count,
  insertions: count,
});

const percent = z.number().min(0).max(100);
const recalls = z.strictObject({ "R@1": percent, "R@5": percent, "R@10": percent });
const interval = z.tuple([percent, percent]);
const intervals = z.strictObject({ "R@1": interval, "R@5": interval, "R@10": interval });

/** Recall both ways with 95 % intervals. */
export const recall: z.ZodType<SplitRecall> = z.strictObject({
  speech2image: recalls,
  image2speech: recalls,
  intervals: z.strictObject({ speech2image: intervals, image2speech: intervals }),
});
