/**
 * `tone`: the experiment that the paper could not make. The emotion of the voice decides which image is right.
 *
 * @module
 */
import { z } from "zod";
import { lazily } from "../../lazily.ts";
import type { Recall } from "../../metrics/recall.ts";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import { configPart, type RunConfig } from "../../training/config.ts";
import { trainingOption, type TrainOptions } from "../../training/options.ts";
import { newSettings } from "../../training/settings.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import { DATA, MODELS, SEEDS, seedsUpTo, variantsOption } from "../options.ts";
import { count, positive } from "../qualitative/settings.ts";
import { bothWays, percent, recallAtK } from "../results.ts";

/** The test recordings, or the text that is read instead of their transcript. */
export type ToneCondition = "spoken" | "flat" | "caption";

/** The conditions: as they are; the same words on one note; the written caption in place of the transcript. */
export const TONE_CONDITIONS: readonly ToneCondition[] = ["spoken", "flat", "caption"];

/** Share of queries whose own twin came first. */
export interface TwinRecall {
  /** Percent. */
  "R@1": number;
  /** 95 %, by bootstrap over groups of twins. */
  interval: [low: number, high: number];
}

/** The answer for one recording. */
export interface ToneQuery {
  /** The pair. */
  id: string;
  /** Its group of twins. */
  group: string;
  /** The emotion of voice and image. */
  mood: string;
  /** The emotion of the twin that came first. */
  chosen: string;
  /** Rank of its own image among the twins. */
  twinRank: number;
  /** Rank of its own image among all. */
  rank: number;
}

/** One model under one condition. */
export interface ToneScores {
  /** Recordings, and images. */
  recordings: number;
  /** Groups of twins. */
  groups: number;
  /** R@1 of a guess among twins, in percent. */
  chance: number;
  /** Among twins. */
  twins: { speech2image: TwinRecall; image2speech: TwinRecall };
  /** Among all. */
  recall: { speech2image: Recall; image2speech: Recall };
  /** Names of the emotions, for {@link ToneScores.confusion}. */
  moods: string[];
  /** `[actual][chosen]`: recordings of one emotion for which the twin of the other came first. */
  confusion: number[][];
  /** Every recording. */
  queries: ToneQuery[];
}

/** One row of the table. */
export interface ToneRow {
  /** The variant. */
  variant: Variant;
  /** Seed of its training. */
  seed: number;
  /** What was spoken or read. */
  condition: ToneCondition;
  /** The scores. */
  scores: ToneScores;
}

/** What is compared. */
export interface ToneSettings {
  /** The settings of all runs, except for variant and seed. */
  config: RunConfig;
  /** The variants. */
  variants: Variant[];
  /** The seeds; each variant is trained once with each. */
  seeds: number[];
}

/** What was found. */
export interface ToneResult {
  /** Variants by seeds by conditions. */
  rows: ToneRow[];
}

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
    }),
  ),
});

const variant = z.enum(Object.keys(VARIANTS) as Variant[]);
const row = z.strictObject({
  variant,
  seed: count,
  condition: z.enum(TONE_CONDITIONS),
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

const UNNAMED: readonly Variant[] = ["pip", "e2e", "full"];

/** The benchmark in which the emotion of the voice decides which image is right. */
export const tone: Experiment<ToneSettings, ToneResult> = {
  name: "tone",
  summary:
    "Images that share a caption and differ in emotion alone: does a model find the one with the emotion of the voice? With the " +
    "recordings as spoken, with flattened prosody, and with the written caption for the transcript.",
  options: {
    preset: trainingOption("preset", { unset: "sample-tone" }),
    ...DATA,
    maxPictures: trainingOption("maxPictures"),
    ...MODELS,
    backend: trainingOption("backend"),
    steps: trainingOption("steps", { help: "optimizer steps of each run" }),
    variants: variantsOption(UNNAMED.join()),
    seeds: SEEDS,
  },
  settings(
    { variants = [...UNNAMED], seeds, preset = "sample-tone", ...run }: TrainOptions & {
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
