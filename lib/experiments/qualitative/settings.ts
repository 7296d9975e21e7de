/**
 * Settings and results that the experiments on single queries share, with their schemas. Cheap to import.
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import type { WordErrors } from "../../text/word_errors.ts";
import { configPart, type RunConfig } from "../../training/config.ts";
import type { SplitRecall } from "../evaluate.ts";
import { bothWays, nameOf, recallAtK, recallIntervals } from "../results.ts";

/** A model and the data that it is asked about. */
export interface ModelChoice {
  /** The settings in force: the run's, possibly on other data. */
  config: RunConfig;
  /** The run; null for a variant that is not trained. */
  run: {
    /** Its folder. */
    path: string;
    /** As it was trained. If its checkpoint is gone, it is trained again with these settings. */
    config: RunConfig;
    /** Which of its checkpoints. */
    checkpoint: "best" | "last";
  } | null;
}

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

/** A rectangle in parts of an image's width and height; it reaches beyond 0 and 1 if bars are added. */
export interface SeenPart {
  /** Its left edge. */
  left: number;
  /** Its top edge. */
  top: number;
  /** Its width. */
  width: number;
  /** Its height. */
  height: number;
}

/** A recording that a figure may show. */
export interface ShownRecording {
  /** Its file, relative to the data set's folder. */
  file: string;
  /** Its image's name. */
  imageId: string;
  /** Whisper's transcript. */
  transcript: string;
  /** The written caption; empty if there is none. */
  reference: string;
  /** Word errors of the transcript, lower case without punctuation; null without a reference. */
  errors: WordErrors | null;
}

/** A text that is not empty. */
export const name: z.ZodType<string> = z.string().min(1);
/** A whole number from 0 on. */
export const count: z.ZodType<number> = z.number().int().min(0);
/** A whole number from 1 on. */
export const positive: z.ZodType<number> = z.number().int().min(1);
/** Any number; one that is not finite was stored as null. */
export const real: z.ZodType<number> = z.union([z.number(), z.null().transform(() => NaN)]) as z.ZodType<number>;
/** A split. */
export const split: z.ZodType<Split> = z.enum(["train", "dev", "test"]);

/** A {@link ModelChoice}. */
export const modelChoice: z.ZodType<ModelChoice> = z.strictObject({
  config: configPart,
  run: z.strictObject({ path: name, config: configPart, checkpoint: z.enum(["best", "last"]) }).nullable(),
});

/** A {@link Choice}. */
export const choice: z.ZodType<Choice> = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("ids"), ids: z.array(name).min(1) }),
  z.strictObject({ by: z.literal("worst"), count: positive }),
  z.strictObject({ by: z.literal("random"), count: positive, seed: count }),
]);

/** A {@link SeenPart}. */
export const seenPartSchema: z.ZodType<SeenPart> = z.strictObject({ left: real, top: real, width: real, height: real });

/** A {@link ShownRecording}. */
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
});

/** A {@link SplitRecall}. */
export const splitRecall: z.ZodType<SplitRecall> = z.strictObject({
  speech2image: recallAtK,
  image2speech: recallAtK,
  intervals: bothWays(recallIntervals),
});

/** A model with its recall on a whole split. */
export interface RankedModel {
  /** Its name. */
  name: string;
  /** Its variant. */
  variant: string;
  /** Folder of its run; null for a variant that is not trained. */
  run: string | null;
  /** Steps of its checkpoint. */
  step: number;
  /** Its recall. */
  recall: SplitRecall;
}

/** A {@link RankedModel}. */
export const rankedModel = { name, variant: name, run: name.nullable(), step: count, recall: splitRecall } as const;

/** What a result is of: the whole split. */
export interface SplitSize {
  /** The data set's layout. */
  dataset: string;
  /** The split. */
  split: string;
  /** Images that can be read. */
  pictures: number;
  /** Recordings that can be read. */
  recordings: number;
}

/** A {@link SplitSize}. */
export const splitSize = { dataset: name, split: name, pictures: count, recordings: count } as const;
