/**
 * From the options of `train` to the settings of a run.
 *
 * @module
 */
import type { PairsName } from "../data/load_pairs.ts";
import { InputError } from "../errors.ts";
import type { Fit } from "../image/preprocess.ts";
import type { Variant } from "../systems/variants.ts";
import { checkConfig, type LongText, type RunConfig } from "../training/config.ts";
import { dataRootOf, PRESETS } from "../training/presets.ts";
import type { EvalOptions } from "./eval.ts";
import type { TrainOptions } from "./train.ts";

/** What a run may change when it goes on: where things stand and are computed, which changes no result. */
const MOVABLE: ReadonlySet<string> = new Set(["dataRoot", "clip", "whisper", "backend", "cache"]);

/** Where a preset is not named: one's own data have the paper's setting, everything else is the sample's. */
function presetOf({ preset, data, dataset }: Pick<TrainOptions, "preset" | "data" | "dataset">): () => RunConfig {
  const name = preset ?? (data !== undefined || dataset === "own" ? "own" : "sample");
  return PRESETS[name] as () => RunConfig;
}

/**
 * The settings of a new run: the preset's, with what the options name in their place.
 *
 * @throws {InputError} where a value is out of range.
 */
export function newSettings(options: TrainOptions): RunConfig {
  const asked = { ...presetOf(options)(), ...given(options) };
  return checkConfig({ ...asked, dataRoot: placeOf(asked, options) }, "the options");
}

/** Where the data are: as the options say, or where the preset looks for data of this layout. */
function placeOf({ preset, dataset }: RunConfig, { data, dataRoot }: Pick<TrainOptions, "data" | "dataRoot">): string {
  return data ?? dataRoot ?? dataRootOf(preset, dataset);
}

/**
 * The settings of a run that goes on: the stored ones, with moved folders and another backend where the options name them.
 *
 * @throws {InputError} where the options name a setting that the run was not started with.
 */
export function continuedSettings(options: TrainOptions, stored: RunConfig, path: string): RunConfig {
  const changed = Object.entries(given(options)).filter(([name, value]) => stored[name as keyof RunConfig] !== value);
  const fixed = changed.filter(([name]) => !MOVABLE.has(name));
  if (fixed.length > 0) {
    const list = fixed.map(([name, value]) => `${name} is ${stored[name as keyof RunConfig]}, asked for ${value}`);
    throw new InputError(
      `Cannot continue '${path}' with other settings: ${list.join("; ")}. Leave these options out or start a new run.`,
    );
  }
  return checkConfig({ ...stored, ...Object.fromEntries(changed) }, "the options");
}

/**
 * The settings by which a run is evaluated: the stored ones, on the data, models and backend that the options name. Other
 * data than the run's are looked for where the run's own were, unless those were in their preset's place.
 *
 * @throws {InputError} where a value is out of range.
 */
export function evalSettings(options: EvalOptions, stored: RunConfig): RunConfig {
  const dataset = options.data === undefined ? (options.dataset ?? stored.dataset) as PairsName : "own";
  const stays = dataset === stored.dataset ||
    ![dataset, stored.dataset].includes("own") && stored.dataRoot !== dataRootOf(stored.preset, stored.dataset);
  const dataRoot = options.data ?? options.dataRoot ?? (stays ? stored.dataRoot : dataRootOf(stored.preset, dataset));
  const { clip = stored.clip, whisper = stored.whisper, backend = stored.backend } = options;
  const cache = options.cache === false ? false : stored.cache;
  return checkConfig({ ...stored, dataset, dataRoot, clip, whisper, backend, cache }, "the options");
}

/** The settings that the options name. */
function given(options: TrainOptions): Partial<RunConfig> {
  const settings: Partial<Record<keyof RunConfig, unknown>> = {
    preset: options.preset,
    variant: options.variant as Variant | undefined,
    dataset: options.data === undefined ? options.dataset as PairsName | undefined : "own",
    dataRoot: options.data ?? options.dataRoot,
    maxPictures: options.maxPictures,
    clip: options.clip,
    whisper: options.whisper,
    steps: options.steps,
    batchSize: options.batchSize,
    microBatch: options.microBatch,
    learningRate: options.lr,
    warmupSteps: options.warmup,
    alpha: options.alpha,
    temperature: options.temperature,
    promptLength: options.promptLength,
    prompts: options.prompts,
    fusion: options.fusion,
    attendPadding: options.attendPadding,
    seed: options.seed,
    longText: options.longText as LongText | undefined,
    imageFit: options.imageFit as Fit | undefined,
    audioSeconds: options.audioSeconds,
    cache: options.cache === false ? false : undefined,
    evaluateEvery: options.evaluateEvery,
    saveEvery: options.saveEvery,
    backend: options.backend,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
