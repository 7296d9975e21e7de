/**
 * The settings of a run by name: typed functions, one a data set, for published data and for the bundled sample.
 *
 * @module
 */
import type { PairsName } from "../data/load_pairs.ts";
import type { RunConfig } from "./config.ts";

/** The paper's setting (section 4), on which every preset stands. */
function paper(preset: string, dataset: PairsName): RunConfig {
  return {
    preset,
    dataset,
    dataRoot: dataRootOf(preset, dataset),
    maxPictures: null,
    clip: "clip-vit-large-patch14",
    whisper: "whisper-base",
    variant: "full",
    seed: 1,
    steps: 100_000,
    batchSize: 32,
    learningRate: 1e-4,
    finalLearningRate: 1e-8,
    warmupSteps: 5_000,
    weightDecay: 1e-6,
    clipNorm: 4,
    alpha: 0.1,
    temperature: "learned",
    promptLength: 4,
    prompts: "shared",
    fusion: "sum",
    attendPadding: false,
    acoustic: { heads: 8, feedforward: 4096, dropout: 0.1 },
    longText: "truncate",
    imageFit: "crop",
    audioSeconds: 120,
    microBatch: null,
    groupBatches: true,
    cache: true,
    evaluateEvery: 2_000,
    saveEvery: 500,
    backend: "auto",
  };
}

/** Flickr8k with Flickr Audio Captions (paper, Table 1). */
export function flickr8k(): RunConfig {
  return paper("flickr8k", "flickr8k");
}

/** SpokenCOCO (paper, Tables 1 and 2). */
export function spokenCoco(): RunConfig {
  return paper("spokencoco", "spokencoco");
}

/** The COCO part of Localized Narratives (paper, Tables 1 and 2). */
export function localizedNarratives(): RunConfig {
  return paper("ln-coco", "ln-coco");
}

/** One's own pairs, listed in a JSON-lines or CSV file, with the paper's setting. */
export function own(): RunConfig {
  return paper("own", "own");
}

/** The two tiny models and a few minutes on two cores, on which every preset for the sample stands. */
function small(preset: string, dataset: PairsName): RunConfig {
  return {
    ...paper(preset, dataset),
    clip: "data/models/clip-tiny-sample",
    whisper: "data/models/whisper-tiny-sample",
    steps: 200,
    learningRate: 1e-2,
    warmupSteps: 20,
    acoustic: { heads: 4, feedforward: 256, dropout: 0.1 },
    evaluateEvery: 20,
    saveEvery: 20,
  };
}

/** The bundled narrations: what runs where nothing else is said. */
export function sample(): RunConfig {
  return small("sample", "ln-coco");
}

/** The bundled pictures with spoken captions in Flickr8k's layout. */
export function sampleFlickr8k(): RunConfig {
  return small("sample-flickr8k", "flickr8k");
}

/** The bundled pictures with spoken captions in SpokenCOCO's layout. */
export function sampleSpokenCoco(): RunConfig {
  return small("sample-spokencoco", "spokencoco");
}

/** The bundled narrations, as {@link sample}. */
export function sampleLocalizedNarratives(): RunConfig {
  return small("sample-ln-coco", "ln-coco");
}

/** The bundled tone benchmark: pictures that differ in mood alone, in one's own layout. */
export function sampleTone(): RunConfig {
  return small("sample-tone", "own");
}

/**
 * The tone benchmark, for encoders that are to hear the moods of real speakers: trained with a tenth of the rate and half of
 * the steps, with the paper's 8 heads, from an F_A that starts ten times as long, so that the words, which tell nothing of
 * the mood, do not drown the sound in F_A + F_T.
 */
export function sampleMoods(): RunConfig {
  const acoustic = { heads: 8, feedforward: 256, dropout: 0.1, gain: 10 };
  return {
    ...small("sample-moods", "own"),
    acoustic,
    steps: 100,
    learningRate: 1e-3,
    evaluateEvery: 50,
    saveEvery: 50,
  };
}

/**
 * Where a preset looks for a data set, of its own layout or of another.
 *
 * @example
 * ```ts
 * import { dataRootOf } from "./presets.ts";
 * if (dataRootOf("sample-spokencoco", "flickr8k") !== "data/sample/flickr8k") throw new Error("elsewhere");
 * ```
 */
export function dataRootOf(preset: string, dataset: PairsName): string {
  if (dataset === "own") {
    return preset === "sample-tone" || preset === "sample-moods" ? "data/sample/tone/pairs.jsonl" : "pairs.jsonl";
  }
  const folder = dataset === "flickr8k" ? "flickr8k" : "coco";
  return /^sample(-|$)/.test(preset) ? `data/sample/${folder}` : `data/${folder}`;
}

/** The presets by the names that the command line takes. */
export const PRESETS: Readonly<Record<string, () => RunConfig>> = {
  "sample": sample,
  "sample-flickr8k": sampleFlickr8k,
  "sample-spokencoco": sampleSpokenCoco,
  "sample-ln-coco": sampleLocalizedNarratives,
  "sample-tone": sampleTone,
  "sample-moods": sampleMoods,
  "flickr8k": flickr8k,
  "spokencoco": spokenCoco,
  "ln-coco": localizedNarratives,
  "own": own,
};
