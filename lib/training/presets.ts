/**
 * The settings of a run by name: typed functions, one a data set, for published data and for the bundled sample.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { PairsName } from "../data/load_pairs.ts";
import { checkConfig, type RunConfig, withFields } from "./config.ts";
import { type PRESET_NAMES, TRAINING_OPTIONS } from "./options.ts";

/** The paper's setting (section 4), which every preset starts from: that of the table of options. */
function paper(preset: string, dataset: PairsName): RunConfig {
  const fields = Object.entries(TRAINING_OPTIONS).filter(([, { paper }]) => paper !== undefined);
  const setting = Object.fromEntries(fields.map(([name, { paper }]) => [name, paper]));
  return withFields({ acoustic: {} } as RunConfig, {
    ...setting,
    preset,
    dataset,
    dataRoot: dataRootOf(preset, dataset),
  }, "the preset");
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

/** The two tiny models and a few minutes on two cores, which every preset for the sample starts from. */
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

/** The bundled images with spoken captions in Flickr8k's layout. */
export function sampleFlickr8k(): RunConfig {
  return small("sample-flickr8k", "flickr8k");
}

/** The bundled images with spoken captions in SpokenCOCO's layout. */
export function sampleSpokenCoco(): RunConfig {
  return small("sample-spokencoco", "spokencoco");
}

/** The bundled narrations, as {@link sample}. */
export function sampleLocalizedNarratives(): RunConfig {
  return small("sample-ln-coco", "ln-coco");
}

/** The bundled tone benchmark: images that differ in emotion alone, in the layout of own data. */
export function sampleTone(): RunConfig {
  return small("sample-tone", "own");
}

/**
 * The tone benchmark, for encoders of the emotions of real speakers: trained with a tenth of the rate and half of
 * the steps, with the paper's 8 heads, from an F_A that starts ten times as long, so that the words, which tell nothing of
 * the emotion, do not drown the sound in F_A + F_T.
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
} satisfies Record<typeof PRESET_NAMES[number], () => RunConfig>;

/**
 * The settings of a preset, with changes. A change that is undefined changes nothing. Another `dataset` is looked for where
 * the preset looks for data of that layout, unless `dataRoot` is given too.
 *
 * @param name one of `PRESETS`, such as `"sample"` or `"flickr8k"`
 * @throws {InputError} where there is no such preset, or a change is out of range or of an unknown field.
 *
 * @example
 * ```ts
 * import { presetConfig } from "./presets.ts";
 * const config = presetConfig("sample", { steps: 80, variant: "pip", dataRoot: undefined });
 * if (config.steps !== 80 || config.dataRoot !== "data/sample/coco") throw new Error(JSON.stringify(config));
 * ```
 */
export function presetConfig(
  name: string,
  changes: { [Key in keyof RunConfig]?: RunConfig[Key] | undefined } = {},
): RunConfig {
  const make = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (make === undefined) {
    throw new InputError(
      `Cannot use the preset '${name}' as there is none: expected ${Object.keys(PRESETS).join(", ")}.`,
    );
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const preset = make();
  const dataRoot = changes.dataset === undefined ? preset.dataRoot : dataRootOf(name, changes.dataset);
  return checkConfig({ ...preset, dataRoot, ...given }, `the preset '${name}' with changes`);
}
