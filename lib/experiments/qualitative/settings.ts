/** Settings and results that the experiments on single queries share, with their schemas. */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import type { WordErrors } from "../../text/word_errors.ts";
import { configPart, type RunConfig } from "../../training/config.ts";
import type { SplitRecall } from "../evaluate.ts";
import { bothWays, nameOf, recallAtK, recallIntervals } from "../results.ts";

/** A model with the data that it is evaluated on. */
export type ModelChoice = {
  /** The settings in force: the run's, possibly with other data. */
  config: RunConfig;
  /** The run's folder, its own settings (it is trained again with these if its checkpoint is gone) and the checkpoint. */
  run: { path: string; config: RunConfig; checkpoint: "best" | "last" } | null;
};

/** The name of a model in tables and on pages. */
export function choiceName({ config: { variant }, run }: ModelChoice): string {
  const name = nameOf({ variant, trained: run !== null });
  return run === null ? name : `${name}, ${run.path}`;
}

/** Queries by name, the worst ones, or some at random. */
export type Choice =
  | { by: "ids"; ids: string[] }
  | { by: "worst"; count: number }
  | { by: "random"; count: number; seed: number };

/** A rectangle in parts of an image's width and height. It extends beyond 0 and 1 if the image is padded. */
export type SeenPart = { left: number; top: number; width: number; height: number };

/** A recording that a figure may show. */
export type ShownRecording = {
  /** Its file, relative to the data set's folder. */
  file: string;
  imageId: string;
  transcript: string;
  /** The written caption; empty if there is none. */
  reference: string;
  /** Word errors of the transcript, in lower case without punctuation; null without a reference. */
  errors: WordErrors | null;
  /** The words that models with keywords chose for it, by the model's name. */
  keywords?: Record<string, string[]> | undefined;
};

export const name: z.ZodType<string> = z.string().min(1);
export const count: z.ZodType<number> = z.number().int().min(0);
export const positive: z.ZodType<number> = z.number().int().min(1);
/** Any number. JSON stores one that is not finite as null. */
export const real: z.ZodType<number> = z.union([z.number(), z.null().transform(() => NaN)]) as z.ZodType<number>;
export const split: z.ZodType<Split> = z.enum(["train", "dev", "test"]);

export const modelChoice: z.ZodType<ModelChoice> = z.strictObject({
  config: configPart,
  run: z.strictObject({ path: name, config: configPart, checkpoint: z.enum(["best", "last"]) }).nullable(),
});

export const choice: z.ZodType<Choice> = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("ids"), ids: z.array(name).min(1) }),
  z.strictObject({ by: z.literal("worst"), count: positive }),
  z.strictObject({ by: z.literal("random"), count: positive, seed: count }),
]);

export const seenPartSchema: z.ZodType<SeenPart> = z.strictObject({ left: real, top: real, width: real, height: real });

export const shownRecordingSchema: z.ZodType<ShownRecording> = z.strictObject({
  file: name,
  imageId: name,
  transcript: z.string(),
  reference: z.string(),
  errors: z.strictObject({
    errors: count,
    words: count,
    wer: real,
    substitutions: count,
    deletions: count,
    insertions: count,
  }).nullable(),
  keywords: z.record(z.string(), z.array(z.string())).optional(),
});

export const splitRecall: z.ZodType<SplitRecall> = z.strictObject({
  speech2image: recallAtK,
  image2speech: recallAtK,
  intervals: bothWays(recallIntervals),
});

/** A model with its recall on a whole split. `run` is null for a variant that is not trained. */
export type RankedModel = { name: string; variant: string; run: string | null; step: number; recall: SplitRecall };

export const rankedModel = { name, variant: name, run: name.nullable(), step: count, recall: splitRecall } as const;

/** The data set, the split, and how many of its images and recordings can be read. */
export type SplitSize = { dataset: string; split: string; pictures: number; recordings: number };

export const splitSize = { dataset: name, split: name, pictures: count, recordings: count } as const;
