/**
 * `results.json` of a run, and the results of the retrieval experiments: models by test splits with the rank of every query, and
 * paired comparisons.
 */
import { z } from "zod";
import { InputError } from "../errors.ts";
import { unsealed } from "../files/checksum.ts";
import { readJson } from "../files/read.ts";
import type { RankMetrics } from "../metrics/rank_metrics.ts";
import type { Recall } from "../metrics/recall.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import type { NearChance } from "../training/chance.ts";
import type { RunConfig } from "../training/config.ts";
import type { PartSchema } from "./experiment.ts";

/** Lower and upper end, in percent. */
export type Intervals = Record<"R@1" | "R@5" | "R@10", [number, number]>;

/** Retrieval with one variant on one split. */
export type RetrievalResult = {
  dataset: string;
  split: string;
  variant: string;
  /** Whether the variant's parameters were trained; false for zero-shot variants and for the control. */
  trained: boolean;
  /** Each recording queries for its image. */
  speech2image: Recall;
  /** Each image queries for one of its recordings. */
  image2speech: Recall;
  images: number;
  recordings: number;
  /** 95 % intervals by bootstrap over images. */
  intervals: { speech2image: Intervals; image2speech: Intervals };
  /** Absent in results of an earlier version. */
  metrics?: Record<Way, RankMetrics> | undefined;
};

/** What a model costs. */
export type Cost = {
  /** Trained numbers. */
  parameters: number;
  /** Mean time of a training step on this machine, reading included, evaluations not. */
  secondsPerStep?: number | undefined;
  /** Mean time to encode a recording, without Whisper, and to order its candidates again, if the model does. */
  secondsPerQuery?: number | undefined;
};

/** The results of a run, with the baselines that it is compared with. */
export type RunResults = RetrievalResult & {
  step: number;
  /** Zero-shot, zero-shot on written captions, untrained random prompts. */
  baselines: RetrievalResult[];
  /** The gain of the run's variant over zero-shot. */
  gain: Gain;
  /** Its gain over its own initial values: random prompts, an untrained branch. Absent in results of an earlier version. */
  controlGain?: Gain | undefined;
  /** What stayed near chance while it trained; absent if nothing did. */
  nearChance?: NearChance[] | undefined;
  /** What the trained model costs; absent in results of an earlier version. */
  cost?: Cost | undefined;
  /** The arguments of the command that made it; absent if an experiment, a program or an earlier version did. */
  command?: string[] | undefined;
  /** The fingerprint of the data; absent in results of an earlier version. */
  data?: string | undefined;
};

/** How much better one evaluation is than another of the same queries. */
export type Gain = {
  /** Differences of recall, in percentage points. */
  speech2image: Recall;
  /** Differences of recall, in percentage points. */
  image2speech: Recall;
  /** 95 % intervals of the differences, by resampling queries. An interval without 0 shows a difference. */
  intervals: { speech2image: Intervals; image2speech: Intervals };
};

const NAMES: Readonly<Record<string, string>> = {
  "pip-zero-shot": "zero-shot (transcript)",
  "pip-zero-shot-gt": "zero-shot (written caption)",
  "pip": "PIP-only, prompted",
  "pip-gt": "PIP-only, prompted (written caption)",
  "e2e": "E2E-only",
  "full": "BrewCLIP (full)",
  "speechclip-p": "SpeechCLIP-P in our frame",
  "speechclip-c": "SpeechCLIP-C in our frame",
  "speechclip-h": "SpeechCLIP-H (keywords) in our frame",
  "speechclip-h-parallel": "SpeechCLIP-H (class token) in our frame",
  "fast-vgs-co": "FaST-VGS-co in our frame",
  "fast-vgs-ctf": "FaST-VGS-ctf in our frame",
  "resdavenet": "ResDAVEnet in our frame",
  "milan": "MILAN in our frame",
};

/** The name of a model in tables. */
export function nameOf({ variant, trained }: Pick<RetrievalResult, "variant" | "trained">): string {
  if (!trained && VARIANTS[variant as Variant]?.acoustic) return `${NAMES[variant]}, untrained (control)`;
  if (!trained && !variant.startsWith("pip-zero-shot")) return "untrained random prompts (control)";
  return NAMES[variant] ?? variant;
}

export const percent: z.ZodType<number> = z.number().min(0).max(100);
/** Schema of a difference of percentages. */
export const points: z.ZodType<number> = z.number().min(-100).max(100);

/** Schema of what stayed near chance. */
export const NEAR_CHANCE: z.ZodType<NearChance[]> = z.array(
  z.strictObject({ of: z.enum(["loss", "inner", "dev"]), value: z.number(), chance: z.number() }),
);

/** Schema of one value for each direction. */
export const bothWays = <T>(way: z.ZodType<T>): z.ZodType<{ speech2image: T; image2speech: T }> =>
  z.strictObject({ speech2image: way, image2speech: way });

/** Schema of one value for each K of R@K. */
export const eachOfK = <T>(value: z.ZodType<T>): z.ZodType<Record<keyof Recall, T>> =>
  z.strictObject({ "R@1": value, "R@5": value, "R@10": value });

/** Schema of R@1, R@5 and R@10. */
export const recallAtK: z.ZodType<Recall> = eachOfK(percent);
/** Schema of their 95 % intervals. */
export const recallIntervals: z.ZodType<Intervals> = eachOfK(z.tuple([percent, percent]));

const rankMetrics: z.ZodType<RankMetrics> = z.strictObject({
  "nDCG@10": percent,
  itemRecall: recallAtK,
  mrr: percent,
  medianRank: z.number().min(1),
  intervals: z.strictObject({
    "nDCG@10": z.tuple([percent, percent]),
    itemRecall: recallIntervals,
    mrr: z.tuple([percent, percent]),
    medianRank: z.tuple([z.number(), z.number()]),
  }).optional(),
});

const times = {
  secondsPerStep: z.number().min(0).optional(),
  secondsPerQuery: z.number().min(0).optional(),
};
const cost: z.ZodType<Cost> = z.strictObject({ parameters: z.number().int().min(0), ...times });

/** Schema of the times of a {@link Cost}. */
export const TIMES: z.ZodType<Omit<Cost, "parameters">> = z.strictObject(times);

const fields = {
  dataset: z.string(),
  split: z.string(),
  variant: z.string(),
  trained: z.boolean(),
  speech2image: recallAtK,
  image2speech: recallAtK,
  images: z.number().int().min(1),
  recordings: z.number().int().min(1),
  intervals: bothWays(recallIntervals),
  metrics: bothWays(rankMetrics).optional(),
};
const gain = z.strictObject({
  speech2image: eachOfK(points),
  image2speech: eachOfK(points),
  intervals: bothWays(eachOfK(z.tuple([points, points]))),
});
const schema = z.strictObject({
  ...fields,
  step: z.number().int().min(0),
  baselines: z.array(z.strictObject(fields)),
  gain,
  controlGain: gain.optional(),
  nearChance: NEAR_CHANCE.optional(),
  cost: cost.optional(),
  command: z.array(z.string()).optional(),
  data: z.string().optional(),
});

/**
 * Checks results, field for field.
 *
 * @param source where they come from, for the message.
 * @throws {InputError} that names each field that is missing, unknown or impossible.
 */
export function checkResults(value: unknown, source: string): RunResults {
  const result = schema.safeParse(unsealed(value, source));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new InputError(`Cannot use the results of ${source}: ${faults.join("; ")}.`);
}

/**
 * Reads a `results.json`.
 *
 * @throws {InputError} if it is missing, not JSON, or does not have these fields.
 */
export async function readResults(path: string): Promise<RunResults> {
  return checkResults(await readJson(path), `'${path}'`);
}

/** A model by its name. */
export type NamedConfig = {
  name: string;
  /** Its settings; the seed does not count. */
  config: RunConfig;
};

const whole = z.number().int().min(0);

/** Schema of seeds, at least one. */
export const seedsPart: z.ZodType<number[]> = z.array(z.number().int().min(0)).min(1);

/** The ways of retrieval. */
export type Way = "speech2image" | "image2speech";

export const WAYS: readonly Way[] = ["speech2image", "image2speech"];

/** The K of R@K. */
export const KS = [1, 5, 10] as const;

/** The queries of a test split, in the order of the ranks. */
export type TestQueries = {
  /** Names the split in rows and comparisons. */
  test: string;
  dataset: string;
  dataRoot: string;
  recordings: string[];
  pictures: string[];
  /**
   * The word error rate of each recording under the English normalizer; null without a written caption. Absent in results of
   * an earlier version, and if the models read different transcripts.
   */
  wer?: (number | null)[] | undefined;
};

/** One model on one test split. */
export type TrialRow = {
  /** The name of the model. Several seeds share it. */
  name: string;
  /** The test split, as {@link TestQueries} names it. */
  test: string;
  variant: Variant;
  /** Seed of its training; null if nothing is trained. */
  seed: number | null;
  /** Steps of its checkpoint; 0 if nothing is trained. */
  step: number;
  /** What stayed near chance while it trained; absent if nothing did. */
  nearChance?: NearChance[] | undefined;
  recall: Record<Way, Recall>;
  /** 95 % intervals by bootstrap over images, each with all of its recordings. */
  intervals: Record<Way, Intervals>;
  /** Absent in results of an earlier version. */
  metrics?: Record<Way, RankMetrics> | undefined;
  /** Absent in results of an earlier version. */
  cost?: Cost | undefined;
  ranks: Record<Way, number[]>;
  /** For each recording the index of its image. The bootstrap draws the recordings of an image together. */
  pictureOf: number[];
  /**
   * For each recording its rank among all recordings for its own image; absent if each image has one recording, and in
   * results of an earlier version.
   */
  itemRanks?: number[] | undefined;
  /** The same model with its initial values; absent if nothing is trained, and in results of an earlier version. */
  untrained?: Pick<TrialRow, "recall" | "intervals" | "ranks"> | undefined;
};

/** A difference of recall between two models on the same queries. */
export type Difference = {
  /** Points, of the means over seeds. */
  points: number;
  /** 95 % interval by paired bootstrap over images, each with all of its recordings, and over seeds. */
  interval: [low: number, high: number];
  /** Two-sided p of no difference. */
  p: number;
};

/** One model against another. */
export type Comparison = {
  /** Seeds of the models, over which the intervals reach too; absent in results of an earlier version, which ignored them. */
  seeds?: number | undefined;
  test: string;
  name: string;
  against: string;
  /** `name` minus `against`, for each way and K. */
  differences: Record<Way, Record<keyof Recall, Difference>>;
};

/** The result of a retrieval experiment. */
export type TrialResult = {
  tests: TestQueries[];
  rows: TrialRow[];
  comparisons: Comparison[];
};

/** The fields of {@link TrialResult}. */
export const TRIAL_PARTS: Record<keyof TrialResult, z.ZodType> = {
  tests: z.array(z.strictObject({
    test: z.string(),
    dataset: z.string(),
    dataRoot: z.string(),
    recordings: z.array(z.string()).min(1),
    pictures: z.array(z.string()).min(1),
    wer: z.array(z.number().min(0).nullable()).optional(),
  })),
  rows: z.array(z.strictObject({
    name: z.string(),
    test: z.string(),
    variant: z.enum(Object.keys(VARIANTS) as Variant[]),
    seed: whole.nullable(),
    step: whole,
    nearChance: NEAR_CHANCE.optional(),
    recall: bothWays(recallAtK),
    intervals: bothWays(recallIntervals),
    metrics: bothWays(rankMetrics).optional(),
    cost: cost.optional(),
    ranks: bothWays(z.array(whole)),
    pictureOf: z.array(whole),
    itemRanks: z.array(whole.min(1)).optional(),
    untrained: z.strictObject({
      recall: bothWays(recallAtK),
      intervals: bothWays(recallIntervals),
      ranks: bothWays(z.array(whole)),
    }).optional(),
  })),
  comparisons: z.array(z.strictObject({
    test: z.string(),
    name: z.string(),
    against: z.string(),
    seeds: whole.min(1).optional(),
    differences: bothWays(
      eachOfK(z.strictObject({ points, interval: z.tuple([points, points]), p: z.number().min(0).max(1) })),
    ),
  })),
};

export const TRIAL_RESULT: PartSchema<TrialResult> = z.strictObject(TRIAL_PARTS) as unknown as PartSchema<TrialResult>;

/** Rows of a name and a test split, over seeds. */
export function rowsOf(rows: readonly TrialRow[], name: string, test: string): TrialRow[] {
  return rows.filter((row) => row.name === name && row.test === test);
}

/** The names of models, in the order of the rows. */
export function namesOf(rows: readonly TrialRow[]): string[] {
  return [...new Set(rows.map(({ name }) => name))];
}
