/**
 * `results.json` of the tone benchmark.
 *
 * @module
 */
import { z } from "zod";
import type { Recall } from "../../metrics/recall.ts";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import { configPart, type RunConfig } from "../../training/config.ts";
import type { PartSchema } from "../experiment_file.ts";

/** What the test recordings are, or what is read instead of their transcript. */
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

/** What became of one recording. */
export interface ToneQuery {
  /** The pair. */
  id: string;
  /** Its group of twins. */
  group: string;
  /** The mood of voice and picture. */
  mood: string;
  /** The mood of the twin that came first. */
  chosen: string;
  /** Place of its own picture among the twins. */
  twinRank: number;
  /** Place of its own picture among all. */
  rank: number;
}

/** One model under one condition. */
export interface ToneScores {
  /** Recordings, and pictures. */
  recordings: number;
  /** Groups of twins. */
  groups: number;
  /** R@1 among twins of a guess, in percent. */
  chance: number;
  /** Among twins. */
  twins: { speech2image: TwinRecall; image2speech: TwinRecall };
  /** Among all. */
  recall: { speech2image: Recall; image2speech: Recall };
  /** Names of the moods, for {@link ToneScores.confusion}. */
  moods: string[];
  /** `[actual][chosen]`: recordings of a mood for which the twin of a mood came first. */
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
  /** What was heard or read. */
  condition: ToneCondition;
  /** How it did. */
  scores: ToneScores;
}

/** What is compared. */
export interface ToneSettings {
  /** The run that all are trained as, but for variant and seed. */
  config: RunConfig;
  /** The variants. */
  variants: Variant[];
  /** The seeds; each variant is trained once for each. */
  seeds: number[];
}

/** What was found. */
export interface ToneResult {
  /** Variants by seeds by conditions. */
  rows: ToneRow[];
}

const percent = z.number().min(0).max(100);
const recall = z.strictObject({ "R@1": percent, "R@5": percent, "R@10": percent });
const twinRecall = z.strictObject({ "R@1": percent, interval: z.tuple([percent, percent]) });
const both = <T extends z.ZodType>(way: T) => z.strictObject({ speech2image: way, image2speech: way });
const rank = z.number().int().min(1);

const scores = z.strictObject({
  recordings: rank,
  groups: rank,
  chance: percent,
  twins: both(twinRecall),
  recall: both(recall),
  moods: z.array(z.string()),
  confusion: z.array(z.array(z.number().int().min(0))),
  queries: z.array(
    z.strictObject({
      id: z.string(),
      group: z.string(),
      mood: z.string(),
      chosen: z.string(),
      twinRank: rank,
      rank,
    }),
  ),
});

const variant = z.enum(Object.keys(VARIANTS) as Variant[]);
const row = z.strictObject({
  variant,
  seed: z.number().int().min(0),
  condition: z.enum(TONE_CONDITIONS),
  scores,
});

/** Checks of the two parts of the file. */
export const TONE_SCHEMAS: { settings: PartSchema<ToneSettings>; result: PartSchema<ToneResult> } = {
  settings: z.strictObject({
    config: configPart,
    variants: z.array(variant).min(1),
    seeds: z.array(z.number().int().min(0)).min(1),
  }) as unknown as PartSchema<ToneSettings>,
  result: z.strictObject({ rows: z.array(row) }) as unknown as PartSchema<ToneResult>,
};
