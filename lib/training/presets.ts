/**
 * The presets: typed functions that return the config of a run, for the published data sets and for the bundled sample.
 */
import type { PairsName } from "../data/load_pairs.ts";
import { InputError } from "../errors.ts";
import { checkConfig, type RunConfig, withFields } from "./config.ts";
import { systemNameOf, type Variant, VARIANTS } from "../systems/variants.ts";
import { TRAINING_OPTIONS } from "./options.ts";
import type { PRESET_NAMES } from "./run_config.ts";

/** The paper's setting (section 4), from the table of options. Every preset starts from it. */
function paper(preset: string, dataset: PairsName): RunConfig {
  const fields = Object.entries(TRAINING_OPTIONS).filter(([, { paper }]) => paper !== undefined);
  const setting = Object.fromEntries(fields.map(([name, { paper }]) => [name, paper]));
  const dataRoot = dataRootOf(preset, dataset);
  return withFields({ acoustic: {} } as RunConfig, { ...setting, preset, dataset, dataRoot }, "the preset");
}

/** The learning rates of the acoustic branch on the sample. README.md has the scores on dev, by which all rates were chosen. */
const ACOUSTIC_RATES = { narrations: 1e-3, captions: 3e-4 };

/** The two tiny models, trained for a few minutes on two cores. Every preset for the sample starts from it. */
function tiny(preset: string, dataset: PairsName, acousticLearningRate = ACOUSTIC_RATES.narrations): RunConfig {
  return {
    ...paper(preset, dataset),
    learningRate: 3e-3,
    acousticLearningRate,
    clip: "data/models/clip-tiny-sample",
    whisper: "data/models/whisper-tiny-sample",
    steps: 200,
    warmupSteps: 20,
    acoustic: { heads: 4, feedforward: 256, dropout: 0.1 },
    evaluateEvery: 20,
    saveEvery: 20,
  };
}

/** The bundled narrations: the default. */
export function sample(): RunConfig {
  return tiny("sample", "ln-coco");
}

/** Your own pairs, listed in a JSON-lines or CSV file, with the paper's setting. */
export function own(): RunConfig {
  return paper("own", "own");
}

/** The bundled tone benchmark: images that differ only in emotion, in the layout of own data. */
export function sampleTone(): RunConfig {
  return tiny("sample-tone", "own");
}

/**
 * The tone benchmark, to pretrain encoders of the emotions of real speakers: a tenth of the learning rate, half the steps,
 * the paper's 8 heads, and an F_A that starts ten times as long. The words do not reveal the emotion; with a longer F_A
 * they do not drown out the sound in F_A + F_T.
 */
export function sampleMoods(): RunConfig {
  return {
    ...tiny("sample-moods", "own"),
    acoustic: { heads: 8, feedforward: 256, dropout: 0.1, gain: 10 },
    steps: 100,
    learningRate: 1e-3,
    acousticLearningRate: null,
    evaluateEvery: 50,
    saveEvery: 50,
  };
}

/** The presets by name. Those of published data have the paper's setting (Tables 1 and 2). */
export const PRESETS: Readonly<Record<typeof PRESET_NAMES[number], () => RunConfig>> = {
  "sample": sample,
  "sample-flickr8k": () => tiny("sample-flickr8k", "flickr8k", ACOUSTIC_RATES.captions),
  "sample-spokencoco": () => tiny("sample-spokencoco", "spokencoco", ACOUSTIC_RATES.captions),
  "sample-ln-coco": () => tiny("sample-ln-coco", "ln-coco"),
  "sample-tone": sampleTone,
  "sample-moods": sampleMoods,
  "flickr8k": () => paper("flickr8k", "flickr8k"),
  "spokencoco": () => paper("spokencoco", "spokencoco"),
  "ln-coco": () => paper("ln-coco", "ln-coco"),
  "own": own,
};

/**
 * A config for another model. Systems other than BrewCLIP have one rate for all parts: that of a branch that is trained from
 * scratch.
 */
export function withModel(config: RunConfig, variant: Variant): RunConfig {
  const system = systemNameOf(variant);
  if (system === "brewclip") return { ...config, system, variant };
  return {
    ...config,
    system,
    variant,
    learningRate: config.acousticLearningRate ?? config.learningRate,
    acousticLearningRate: null,
    acousticLayers: VARIANTS[variant].allLayers ? "all" : "last",
  };
}

/** Where a preset looks for a data set, in its own layout or another. */
export function dataRootOf(preset: string, dataset: PairsName): string {
  if (dataset === "own") {
    return preset === "sample-tone" || preset === "sample-moods" ? "data/sample/tone/pairs.jsonl" : "pairs.jsonl";
  }
  const folder = dataset === "flickr8k" ? "flickr8k" : "coco";
  return /^sample(-|$)/.test(preset) ? `data/sample/${folder}` : `data/${folder}`;
}

/**
 * The config of a preset, with changes. An undefined change is ignored. With another `dataset` but no `dataRoot`, the data
 * are looked for where the preset looks for that layout.
 *
 * @param name one of `PRESETS`, such as `"sample"` or `"flickr8k"`
 * @throws {InputError} if there is no such preset, or a change is out of range or names an unknown field.
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
  const make = Object.hasOwn(PRESETS, name) ? PRESETS[name as keyof typeof PRESETS] : undefined;
  if (make === undefined) {
    throw new InputError(
      `Cannot use the preset '${name}' as it does not exist: expected one of ${Object.keys(PRESETS).join(", ")}.`,
    );
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const preset = changes.system === undefined || changes.system === "brewclip"
    ? make()
    : withModel(make(), changes.system);
  const dataRoot = changes.dataset === undefined ? preset.dataRoot : dataRootOf(name, changes.dataset);
  return checkConfig({ ...preset, dataRoot, ...given }, `the preset '${name}' with changes`);
}
