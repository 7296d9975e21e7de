/** Options that several experiments share, and the settings that they result in. */
import type { Split } from "../data/pair.ts";
import type { OptionSpec, OptionTable } from "../options.ts";
import { BREWCLIP_VARIANTS } from "../systems/variants.ts";
import { DATA_OPTION, trainingOption, type TrainOptions } from "../training/options.ts";
import { PRESET_NAMES } from "../training/run_config.ts";
import { openRun } from "../training/run_folder.ts";
import { evalSettings, newSettings, type PlaceOptions } from "../training/settings.ts";
import type { Choice, ModelChoice } from "./qualitative/settings.ts";

/** The bundled sample in its three layouts. */
export const SAMPLE_SETS: readonly string[] = ["sample-flickr8k", "sample-spokencoco", "sample-ln-coco"];

const WHOLE_FROM_0 = { kind: "whole", least: 0 } as const;
const WHOLE_FROM_1 = { kind: "whole", least: 1 } as const;

/** Where the pairs are. */
export const DATA: Readonly<Record<"dataset" | "dataRoot" | "data", OptionSpec>> = {
  dataset: trainingOption("dataset"),
  dataRoot: trainingOption("dataRoot"),
  data: DATA_OPTION,
};

export const MODELS: OptionTable = {
  clip: trainingOption("clip"),
  whisper: trainingOption("whisper"),
  language: trainingOption("language"),
  task: trainingOption("task"),
};

/** Options of every experiment that trains. */
export const TRAINING: OptionTable = {
  maxPictures: trainingOption("maxPictures"),
  ...MODELS,
  cache: trainingOption("cache"),
  backend: trainingOption("backend"),
  steps: trainingOption("steps", { help: "optimizer steps of each run" }),
  batchSize: trainingOption("batchSize"),
};

/** Several data sets, each from a preset or a file of your own pairs. */
export const SEVERAL_SETS: OptionTable = {
  presets: {
    flags: "--presets <names>",
    help: "the data sets, by preset",
    value: { kind: "names", of: PRESET_NAMES },
    unset: SAMPLE_SETS.join(","),
  },
  dataRoot: trainingOption("dataRoot", { help: "the folder of all of them, if it is not that of the presets" }),
  data: {
    flags: "--data <files>",
    help: "your own pairs, in addition to the named presets: JSON Lines or CSV files, separated by commas",
    value: { kind: "names" },
  },
  preset: trainingOption("preset", { help: "settings to start from with your own pairs", unset: "own" }),
};

/** The values of {@link SEVERAL_SETS}. */
export type SetValues = { presets?: readonly string[]; data?: readonly string[]; preset?: string; dataRoot?: unknown };

/** Makes the options of a run for each preset and each file of your own pairs. */
export function setsOf({ presets, data = [], preset, dataRoot }: SetValues): TrainOptions[] {
  const named = presets ?? (data.length > 0 ? [] : SAMPLE_SETS);
  const root = dataRoot === undefined ? {} : { dataRoot };
  return [
    ...named.map((name) => ({ preset: name, ...root })),
    ...data.map((file) => ({ preset: preset ?? "own", data: file, ...(named.length === 0 && root) })),
  ];
}

/** `--variant`, one that is trained. */
export const VARIANT: OptionSpec = {
  flags: "--variant <name>",
  help: "the variant to train",
  value: {
    kind: "choice",
    of: Object.entries(BREWCLIP_VARIANTS).flatMap(([name, { trained }]) => trained ? [name] : []),
  },
  unset: "full",
};

export function variantsOption(unset: string): OptionSpec {
  return {
    flags: "--variants <names>",
    help: "the variants to compare",
    value: { kind: "names", of: Object.keys(BREWCLIP_VARIANTS) },
    unset,
  };
}

export const SEEDS: OptionSpec = {
  flags: "--seeds <n>",
  help: "runs per model, with seeds 1 to n",
  value: WHOLE_FROM_1,
  unset: "1",
};

/** The seeds that `--seeds` asks for. */
export function seedsUpTo(count = 1): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** The split that a model is tested on, and the checkpoint. */
export const SPLIT_AND_CHECKPOINT: Readonly<Record<"split" | "checkpoint", OptionSpec>> = {
  split: {
    flags: "--split <name>",
    help: "the split",
    value: { kind: "choice", of: ["train", "dev", "test"] },
    default: "test",
  },
  checkpoint: {
    flags: "--checkpoint <name>",
    help: "which checkpoint",
    value: { kind: "choice", of: ["best", "last"] },
    default: "best",
  },
};

/** A trained run, or several, or the frozen models; with their data. */
export function modelOptions(runs: "one run" | "runs"): OptionTable {
  const run: OptionSpec = runs === "runs"
    ? {
      flags: "--run <folders>",
      help: "trained runs, separated by commas; without it zero-shot only",
      value: { kind: "names" },
      conflicts: ["preset"],
    }
    : {
      flags: "--run <folder>",
      help: "the trained run; without it zero-shot",
      value: { kind: "text" },
      conflicts: ["preset"],
      once: true,
    };
  return {
    run,
    preset: trainingOption("preset", { unset: "sample" }),
    ...DATA,
    ...MODELS,
    cache: trainingOption("cache"),
    ...SPLIT_AND_CHECKPOINT,
    backend: trainingOption("backend"),
  };
}

export function choiceOptions(count: number): OptionTable {
  return {
    ids: {
      flags: "--ids <names>",
      help: "these pairs or images, separated by commas",
      value: { kind: "names" },
      conflicts: ["worst", "random"],
    },
    worst: {
      flags: "--worst <n>",
      help: "the n queries with the worst ranks",
      value: WHOLE_FROM_1,
      conflicts: ["random"],
    },
    random: {
      flags: "--random <n>",
      help: "n random queries",
      value: WHOLE_FROM_1,
      unset: String(count),
    },
    seed: { flags: "--seed <n>", help: "seed of the random choice", value: WHOLE_FROM_0, default: 0 },
  };
}

/** The values of {@link choiceOptions}. */
export type ChoiceValues = { ids?: string[]; worst?: number; random?: number; seed: number };

export function choiceOf({ ids, worst, random, seed }: ChoiceValues, count: number): Choice {
  if (ids !== undefined) return { by: "ids", ids };
  if (worst !== undefined) return { by: "worst", count: worst };
  return { by: "random", count: random ?? count, seed };
}

/** The values of {@link modelOptions}. */
export type ModelValues = PlaceOptions & {
  run?: string | string[];
  preset?: string;
  split: Split;
  checkpoint: "best" | "last";
};

/**
 * Reads the models: the runs, each on the data of the first, or zero-shot if no run is named.
 *
 * @throws {InputError} if a run is missing or a value is out of range.
 */
export async function modelsOf(values: ModelValues): Promise<ModelChoice[]> {
  const { run = [], checkpoint } = values;
  const models: ModelChoice[] = [];
  for (const path of [run].flat()) {
    const { config: stored } = await openRun(path);
    const own = evalSettings(values, stored);
    const { dataset, dataRoot, dataRoots, whisper, language, task } = models[0]?.config ?? own;
    const dataFingerprint = dataset === own.dataset && dataRoot === own.dataRoot ? own.dataFingerprint : undefined;
    const config = { ...own, dataset, dataRoot, dataRoots, dataFingerprint, whisper, language, task };
    models.push({ config, run: { path, config: stored, checkpoint } });
  }
  return models.length > 0 ? models : [{ config: newSettings(zeroShotOptions(values)), run: null }];
}

/** {@link modelsOf}, followed by zero-shot on the data of the first. */
export async function withZeroShot(values: ModelValues): Promise<ModelChoice[]> {
  const models = await modelsOf(values);
  const { config, run } = models[0]!;
  return run === null ? models : [...models, { config: { ...config, variant: "pip-zero-shot" }, run: null }];
}

/** Picks the options of a run without training. */
export function zeroShotOptions(values: Omit<ModelValues, "run">): TrainOptions {
  const { preset, dataset, dataRoot, data, clip, whisper, language, task, cache, backend } = values;
  const named = { preset, dataset, dataRoot, clip, whisper, language, task, cache, backend, variant: "pip-zero-shot" };
  return data === undefined ? named : { ...named, data };
}

/** The name of a new folder: the experiment, its first model and the data. */
export function modelFolderName(experiment: string, { config, run }: ModelChoice): string {
  const name = run === null ? "zero-shot" : run.path.replace(/[\\/]+$/, "").split(/[\\/]/).at(-1);
  return `${experiment}-${name}-${config.dataset}`;
}
