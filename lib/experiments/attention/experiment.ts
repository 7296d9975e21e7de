/** `attention`: which patches, words and frames the similarity of a pair depends on (paper, section 5). */
import { z } from "zod";
import type { Spectrogram } from "../../audio/log_mel.ts";
import type { Split } from "../../data/pair.ts";
import { lazily } from "../../lazily.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import {
  choiceOf,
  choiceOptions,
  type ChoiceValues,
  modelFolderName,
  modelOptions,
  modelsOf,
  type ModelValues,
} from "../options.ts";
import {
  type Choice,
  choice,
  count,
  type ModelChoice,
  modelChoice,
  name,
  positive,
  real,
  type SeenPart,
  seenPartSchema,
  split,
  type SplitSize,
  splitSize,
} from "../qualitative/settings.ts";

/** The model and the recordings, each of which is compared with its own image. */
export type AttentionSettings = { model: ModelChoice; split: Split; choice: Choice };

/** What the numbers mean; see `lib/systems/relevance.ts`. */
export const ATTENTION_METHOD: string =
  "Relevance of a position: gradient of the cosine times activation, summed over channels, at the penultimate layer's output " +
  "as the last layer's attention reads it (after its first normalization); for the acoustic layer, at Whisper's states. This " +
  "is HiResCAM (Draelos and Carin 2020): Grad-CAM (Selvaraju et al. 2017) with a separate gradient for each position.";

/** A word of a text. Its relevance is the sum over its tokens; null if the tower did not read all of them. */
export type WordRelevance = { word: string; relevance: number | null };

/** The maps of one pair. Relevances are signed: a negative one counts against the pair. */
export type AttentionMaps = {
  id: string;
  /** The image's file, relative to the data set's folder. */
  image: string;
  /** The recording's file, likewise. */
  recording: string;
  transcript: string;
  reference: string;
  /** Cosine of the pair's features. */
  similarity: number;
  /** Rank of the image among all images of the split. */
  rank: number;
  /** The vision tower: `[grid * grid]` patches row by row, the prompts, and the class token (`start`). */
  picture: { grid: number; relevance: number[]; prompts: number[]; start: number; seen: SeenPart };
  /** The text tower, whose feature is read at the `end` token; null if the variant reads no text. */
  text: { words: WordRelevance[]; prompts: number[]; start: number; end: number } | null;
  /** The acoustic branch: one number for each frame; null if the variant has none. */
  sound: { relevance: number[]; framesPerSecond: number } | null;
  spectrogram: Spectrogram;
};

/** The maps of the chosen pairs. */
export type AttentionResult = {
  of: SplitSize;
  model: string;
  /** Training steps of its checkpoint. */
  step: number;
  /** What the numbers mean: {@link ATTENTION_METHOD}. */
  method: string;
  /** The folder that file names are relative to. */
  dataFolder: string;
  maps: AttentionMaps[];
};

const reals = z.array(real);
const maps = z.strictObject({
  id: name,
  image: name,
  recording: name,
  transcript: z.string(),
  reference: z.string(),
  similarity: real,
  rank: positive,
  picture: z.strictObject({
    grid: positive,
    relevance: reals,
    prompts: reals,
    start: real,
    seen: seenPartSchema,
  }),
  text: z.strictObject({
    words: z.array(z.strictObject({ word: z.string(), relevance: real.nullable() })),
    prompts: reals,
    start: real,
    end: real,
  }).nullable(),
  sound: z.strictObject({ relevance: reals, framesPerSecond: real }).nullable(),
  spectrogram: z.strictObject({
    bands: positive,
    columns: positive,
    seconds: real,
    levels: z.array(z.number().int().min(0).max(255)),
  }),
}).refine(({ picture: { grid, relevance } }) => relevance.length === grid * grid, "expected one number for each patch")
  .refine(({ spectrogram: { bands, columns, levels } }) => levels.length === bands * columns, "expected all levels");

export const ATTENTION_SCHEMAS: { settings: PartSchema<AttentionSettings>; result: PartSchema<AttentionResult> } = {
  settings: z.strictObject({ model: modelChoice, split, choice }),
  result: z.strictObject({
    of: z.strictObject(splitSize),
    model: name,
    step: count,
    method: name,
    dataFolder: name,
    maps: z.array(maps),
  }),
};

/** Relevance maps of pairs. */
export const attention: Experiment<AttentionSettings, AttentionResult> = {
  name: "attention",
  summary:
    "Relevance maps by gradients at the penultimate layer of each tower: how much each patch of the image, each word and each " +
    "frame of the recording contributes to the similarity of a pair. Writes results.json, table.md and attention.html.",
  options: { ...modelOptions("one run"), ...choiceOptions(4) },
  async settings(values: ModelValues & ChoiceValues) {
    const [model] = await modelsOf(values);
    return { model: model!, split: values.split, choice: choiceOf(values, 4) };
  },
  folderName: ({ model }) => modelFolderName("attention", model),
  schemas: ATTENTION_SCHEMAS,
  async run(settings, context) {
    const { runAttention } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runAttention(settings, context);
  },
};
