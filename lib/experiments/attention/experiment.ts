/**
 * `attention`: what the similarity of a pair rests on (paper, section 5).
 *
 * @module
 */
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

/** What is shown. */
export interface AttentionSettings {
  /** The model. */
  model: ModelChoice;
  /** The split. */
  split: Split;
  /** Which recordings, each with its own image. */
  choice: Choice;
}

/** What the numbers mean; see `lib/systems/relevance.ts`. */
export const ATTENTION_METHOD: string =
  "Relevance of a place: gradient of the cosine times activation, summed over channels, at the output of the penultimate " +
  "layer as the last layer's attention looks at it (after its first normalisation); at Whisper's states for the acoustic " +
  "layer. HiResCAM (Draelos and Carin 2020), which is Grad-CAM (Selvaraju et al. 2017) with a gradient of each place's own.";

/** A word of a text. */
export interface WordRelevance {
  /** As it is written in the text. */
  word: string;
  /** Sum over its tokens; null if the tower did not read all of them. */
  relevance: number | null;
}

/** The maps of one pair. Relevances are signed: a negative one counts against the pair. */
export interface AttentionMaps {
  /** The pair. */
  id: string;
  /** The image's file, relative to the data set's folder. */
  image: string;
  /** The recording's file, likewise. */
  recording: string;
  /** Whisper's transcript. */
  transcript: string;
  /** The written caption. */
  reference: string;
  /** Cosine of the pair's features. */
  similarity: number;
  /** Rank of the image among all images of the split. */
  rank: number;
  /** The vision tower. */
  picture: {
    /** Patches per side G. */
    grid: number;
    /** `[G * G]`, row by row. */
    relevance: number[];
    /** Relevance of the prompts; empty without. */
    prompts: number[];
    /** The class token. */
    start: number;
    /** The part of the image that the tower sees. */
    seen: SeenPart;
  };
  /** The text tower; null if the variant reads no text. */
  text: {
    /** The words of the text: the transcript, or the caption. */
    words: WordRelevance[];
    /** Relevance of the prompts; empty without. */
    prompts: number[];
    /** The first token. */
    start: number;
    /** The last token, at which the feature is read. */
    end: number;
  } | null;
  /** The acoustic branch; null if the variant has none. */
  sound: {
    /** One for each frame. */
    relevance: number[];
    /** Frames per second. */
    framesPerSecond: number;
  } | null;
  /** The recording's log-mel spectrogram. */
  spectrogram: Spectrogram;
}

/** What was found. */
export interface AttentionResult {
  /** What it is of. */
  of: SplitSize;
  /** The model's name. */
  model: string;
  /** Steps of its checkpoint. */
  step: number;
  /** What the numbers mean. */
  method: string;
  /** The folder that files are relative to. */
  dataFolder: string;
  /** The pairs. */
  maps: AttentionMaps[];
}

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

/** The schemas of `results.json`. */
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

/** What the similarity of a pair rests on. */
export const attention: Experiment<AttentionSettings, AttentionResult> = {
  name: "attention",
  summary:
    "Maps by gradients at the penultimate layer of each tower: which patches of the image, which words and which " +
    "stretches of the sound the similarity of a pair rests on. Writes results.json, table.md and attention.html.",
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
