/**
 * `results.json` of the attention maps.
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import type { PartSchema } from "../experiment_file.ts";
import type { Choice } from "../qualitative/choose.ts";
import type { ModelChoice } from "../qualitative/model_choice.ts";
import { choice, count, modelChoice, name, place, real, split } from "../qualitative/schemas.ts";
import type { Spectrogram } from "./spectrogram.ts";
import type { WordRelevance } from "./word_relevance.ts";

/** What is shown. */
export interface AttentionSettings {
  /** The model. */
  model: ModelChoice;
  /** The split. */
  split: Split;
  /** Which recordings, each with its own picture. */
  choice: Choice;
}

/** How the numbers are to be read; see `lib/systems/relevance.ts`. */
export const ATTENTION_METHOD: string =
  "Relevance of a place: gradient of the cosine times activation, summed over channels, at the output of the penultimate " +
  "layer as the last layer's attention looks at it (after its first normalisation); at Whisper's states for the acoustic " +
  "layer. HiResCAM (Draelos and Carin 2020), which is Grad-CAM (Selvaraju et al. 2017) with a gradient of each place's own.";

/** The maps of one pair. Relevances are signed: a place with a negative one counts against the pair. */
export interface AttentionMaps {
  /** The pair. */
  id: string;
  /** The picture's file, from the data set's folder. */
  image: string;
  /** The recording's file, likewise. */
  recording: string;
  /** What Whisper heard. */
  transcript: string;
  /** The written caption. */
  reference: string;
  /** Cosine of the pair's features. */
  similarity: number;
  /** Place of the picture among all pictures of the split. */
  rank: number;
  /** The vision tower. */
  picture: {
    /** Patches a side G. */
    grid: number;
    /** `[G * G]`, row by row. */
    relevance: number[];
    /** Prompts; none without. */
    prompts: number[];
    /** The class token. */
    start: number;
    /** The part of the picture that the tower sees, from 0 to 1 of its width and height; beyond it where bars are added. */
    seen: { left: number; top: number; width: number; height: number };
  };
  /** The text tower; null where the variant reads no text. */
  text: {
    /** The words of the text that is read: the transcript, or the caption. */
    words: WordRelevance[];
    /** Prompts; none without. */
    prompts: number[];
    /** The first token. */
    start: number;
    /** The last token, at which the feature is read. */
    end: number;
  } | null;
  /** The acoustic branch; null where the variant does not hear. */
  sound: {
    /** One a frame. */
    relevance: number[];
    /** Frames a second. */
    framesPerSecond: number;
  } | null;
  /** What the recording sounds like. */
  spectrogram: Spectrogram;
}

/** What was found. */
export interface AttentionResult {
  /** What it is of. */
  of: { dataset: string; split: string; pictures: number; recordings: number };
  /** The model's name. */
  model: string;
  /** Steps of its checkpoint. */
  step: number;
  /** How the numbers are to be read. */
  method: string;
  /** The folder that files are named from. */
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
  rank: place,
  picture: z.strictObject({
    grid: place,
    relevance: reals,
    prompts: reals,
    start: real,
    seen: z.strictObject({ left: real, top: real, width: real, height: real }),
  }),
  text: z.strictObject({
    words: z.array(z.strictObject({ word: z.string(), relevance: real.nullable() })),
    prompts: reals,
    start: real,
    end: real,
  }).nullable(),
  sound: z.strictObject({ relevance: reals, framesPerSecond: real }).nullable(),
  spectrogram: z.strictObject({
    bands: place,
    columns: place,
    seconds: real,
    levels: z.array(z.number().int().min(0).max(255)),
  }),
}).refine(({ picture: { grid, relevance } }) => relevance.length === grid * grid, "expected one number a patch")
  .refine(({ spectrogram: { bands, columns, levels } }) => levels.length === bands * columns, "expected all levels");

/** Checks of the two parts of the file. */
export const ATTENTION_SCHEMAS: { settings: PartSchema<AttentionSettings>; result: PartSchema<AttentionResult> } = {
  settings: z.strictObject({ model: modelChoice, split, choice }),
  result: z.strictObject({
    of: z.strictObject({ dataset: name, split: name, pictures: count, recordings: count }),
    model: name,
    step: count,
    method: name,
    dataFolder: name,
    maps: z.array(maps),
  }),
};
