/**
 * `tone`: a benchmark that the paper does not have. The emotion of the voice alone decides which image is right.
 */
import { z } from "zod";
import { lazily } from "../../lazily.ts";
import type { Recall } from "../../metrics/recall.ts";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import { configPart, type RunConfig } from "../../training/config.ts";
import type { NearChance } from "../../training/chance.ts";
import { trainingOption, type TrainOptions } from "../../training/options.ts";
import { newSettings } from "../../training/settings.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import { DATA, MODELS, SEEDS, seedsUpTo, variantsOption } from "../options.ts";
import { count, positive } from "../qualitative/settings.ts";
import { bothWays, NEAR_CHANCE, percent, recallAtK } from "../results.ts";

/** The test recordings as spoken, the same words on one note, or the written caption in place of the transcript. */
export const TONE_CONDITIONS = ["spoken", "flat", "caption"] as const;

/** One of {@link TONE_CONDITIONS}. */
export type ToneCondition = "spoken" | "flat" | "caption";

/** The share of queries whose own twin came first, in percent, with a 95 % interval over groups of twins. */
export type TwinRecall = { "R@1": number; interval: [low: number, high: number] };

/** The answer for one recording. */
export type ToneQuery = {
  /** The pair's name. */
  id: string;
  /** Its group of twins. */
  group: string;
  /** The emotion of voice and image. */
  mood: string;
  /** The emotion of the twin that came first. */
  chosen: string;
  /** Rank of its own image among the twins. */
  twinRank: number;
  /** Rank of its own image among all images. */
  rank: number;
  /** Both ranks of the recording for its own image; absent in results of an earlier version. */
  reverse?: { twinRank: number; rank: number } | undefined;
};

/** One model under one condition. */
export type ToneScores = {
  /** The number of recordings, which is that of images. */
  recordings: number;
  /** The number of groups of twins. */
  groups: number;
  /** R@1 by chance among twins, in percent. */
  chance: number;
  /** R@1 among twins. */
  twins: { speech2image: TwinRecall; image2speech: TwinRecall };
  /** Recall among all images or recordings. */
  recall: { speech2image: Recall; image2speech: Recall };
  /** The emotions, in the order of {@link ToneScores.confusion}. */
  moods: string[];
  /** `[actual][chosen]`: recordings of one emotion for which the twin with the other emotion came first. */
  confusion: number[][];
  queries: ToneQuery[];
};

/** A variant trained with one seed, under one condition. */
export type ToneRow = {
  variant: Variant;
  seed: number;
  condition: ToneCondition;
  /** What stayed near chance in training; absent if nothing did. */
  nearChance?: NearChance[] | undefined;
  scores: ToneScores;
};

/** The config of all runs, and the variants, each of which is trained once with each seed. */
export type ToneSettings = { config: RunConfig; variants: Variant[]; seeds: number[] };

/** Variants by seeds by conditions. */
export type ToneResult = { rows: ToneRow[] };

const twinRecall = z.strictObject({ "R@1": percent, interval: z.tuple([percent, percent]) });

const scores = z.strictObject({
  recordings: positive,
  groups: positive,
  chance: percent,
  twins: bothWays(twinRecall),
  recall: bothWays(recallAtK),
  moods: z.array(z.string()),
  confusion: z.array(z.array(count)),
  queries: z.array(
    z.strictObject({
      id: z.string(),
      group: z.string(),
      mood: z.string(),
      chosen: z.string(),
      twinRank: positive,
      rank: positive,
      reverse: z.strictObject({ twinRank: positive, rank: positive }).optional(),
    }),
  ),
});

const variant = z.enum(Object.keys(VARIANTS) as Variant[]);
const row = z.strictObject({
  variant,
  seed: count,
  condition: z.enum(TONE_CONDITIONS),
  nearChance: NEAR_CHANCE.optional(),
  scores,
});

/** The schemas of `results.json`. */
export const TONE_SCHEMAS: { settings: PartSchema<ToneSettings>; result: PartSchema<ToneResult> } = {
  settings: z.strictObject({
    config: configPart,
    variants: z.array(variant).min(1),
    seeds: z.array(count).min(1),
  }) as unknown as PartSchema<ToneSettings>,
  result: z.strictObject({ rows: z.array(row) }) as unknown as PartSchema<ToneResult>,
};

const SEED_COUNT = 5;
const UNNAMED: readonly Variant[] = ["pip", "e2e", "full"];

/** The benchmark in which the emotion of the voice decides which image is right. */
export const tone: Experiment<ToneSettings, ToneResult> = {
  name: "tone",
  summary:
    "Images that share a caption and differ in emotion alone: does a model find the one with the emotion of the voice? Tested " +
    "on the recordings as spoken, with flattened prosody, and with the written caption in place of the transcript.",
  options: {
    preset: trainingOption("preset", { unset: "sample-tone" }),
    ...DATA,
    maxPictures: trainingOption("maxPictures"),
    ...MODELS,
    backend: trainingOption("backend"),
    steps: trainingOption("steps", { help: "optimizer steps of each run" }),
    variants: variantsOption(UNNAMED.join()),
    seeds: { ...SEEDS, unset: `${SEED_COUNT}` },
  },
  settings(
    { variants = [...UNNAMED], seeds = SEED_COUNT, preset = "sample-tone", ...run }: TrainOptions & {
      variants?: Variant[];
      seeds?: number;
    },
  ) {
    return { config: newSettings({ ...run, preset }), variants, seeds: seedsUpTo(seeds) };
  },
  schemas: TONE_SCHEMAS,
  async run(settings, context) {
    const { runTone } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runTone(settings, context);
  },
};
