/**
 * What the retrieval experiments leave behind: models by test splits, each with the rank of every query.
 *
 * @module
 */
import { z } from "zod";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import type { PartSchema } from "../experiment_file.ts";
import type { Intervals } from "../results.ts";
import type { Recall } from "../../metrics/recall.ts";

/** A model by its name. */
export interface NamedConfig {
  /** What rows call it. */
  name: string;
  /** Its settings, but for the seed. */
  config: RunConfig;
}

/** Schema of seeds, at least one. */
export const seedsPart: z.ZodType<number[]> = z.array(z.number().int().min(0)).min(1);

/** The ways of retrieval. */
export type Way = "speech2image" | "image2speech";

/** Both ways. */
export const WAYS: readonly Way[] = ["speech2image", "image2speech"];

/** The K of R@K. */
export const KS = [1, 5, 10] as const;

/** The queries of a test split, in the order of the ranks. */
export interface TestQueries {
  /** Names the split in rows and comparisons. */
  test: string;
  /** Layout of the data set. */
  dataset: string;
  /** Its folder or file. */
  dataRoot: string;
  /** Name of each recording's pair. */
  recordings: string[];
  /** Name of each picture. */
  pictures: string[];
}

/** One model on one test split. */
export interface TrialRow {
  /** What the model is called; several seeds share it. */
  name: string;
  /** The test split, as {@link TestQueries} names it. */
  test: string;
  /** The variant. */
  variant: Variant;
  /** Seed of its training; null where nothing is trained. */
  seed: number | null;
  /** Steps of its checkpoint; 0 where nothing is trained. */
  step: number;
  /** Recall in percent. */
  recall: Record<Way, Recall>;
  /** 95 % intervals by bootstrap over pictures, each with all of its recordings. */
  intervals: Record<Way, Intervals>;
  /** The rank of every query. */
  ranks: Record<Way, number[]>;
  /** The place of each recording's picture: recordings of one picture are drawn together. */
  pictureOf: number[];
}

/** A difference of recall between two models on the same queries. */
export interface Difference {
  /** Points, of the means over seeds. */
  points: number;
  /** 95 % interval by paired bootstrap over pictures, each with all of its recordings. */
  interval: [low: number, high: number];
  /** Two-sided p of no difference. */
  p: number;
}

/** One model against another. */
export interface Comparison {
  /** The test split. */
  test: string;
  /** The model. */
  name: string;
  /** What it is measured against. */
  against: string;
  /** `name` less `against`, for each way and K. */
  differences: Record<Way, Record<keyof Recall, Difference>>;
}

/** The content of `result`. */
export interface TrialResult {
  /** The test splits. */
  tests: TestQueries[];
  /** Models by splits. */
  rows: TrialRow[];
  /** Pairs of models. */
  comparisons: Comparison[];
}

const percent = z.number().min(0).max(100), points = z.number().min(-100).max(100);
const both = <T extends z.ZodType>(way: T) => z.strictObject({ speech2image: way, image2speech: way });
const ofKs = <T extends z.ZodType>(value: T) => z.strictObject({ "R@1": value, "R@5": value, "R@10": value });
const whole = z.number().int().min(0);

/** Checks the part. */
export const TRIAL_RESULT: PartSchema<TrialResult> = z.strictObject({
  tests: z.array(z.strictObject({
    test: z.string(),
    dataset: z.string(),
    dataRoot: z.string(),
    recordings: z.array(z.string()).min(1),
    pictures: z.array(z.string()).min(1),
  })),
  rows: z.array(z.strictObject({
    name: z.string(),
    test: z.string(),
    variant: z.enum(Object.keys(VARIANTS) as Variant[]),
    seed: whole.nullable(),
    step: whole,
    recall: both(ofKs(percent)),
    intervals: both(ofKs(z.tuple([percent, percent]))),
    ranks: both(z.array(whole)),
    pictureOf: z.array(whole),
  })),
  comparisons: z.array(z.strictObject({
    test: z.string(),
    name: z.string(),
    against: z.string(),
    differences: both(
      ofKs(z.strictObject({ points, interval: z.tuple([points, points]), p: z.number().min(0).max(1) })),
    ),
  })),
}) as unknown as PartSchema<TrialResult>;
