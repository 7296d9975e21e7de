/**
 * Settings of a run as options of a command.
 *
 * @module
 */
import type { RunConfig } from "../../training/config.ts";
import { dataRootOf, PRESETS } from "../../training/presets.ts";

/** Where tensors are computed and kept changes no result; the rest has a place of its own in a command. */
const APART: ReadonlySet<string> = new Set(["preset", "dataset", "dataRoot", "variant", "seed", "backend", "cache"]);

/** Options by the settings that they name. */
const OPTIONS: Partial<Record<keyof RunConfig, string>> = {
  maxPictures: "--max-pictures",
  clip: "--clip",
  whisper: "--whisper",
  steps: "--steps",
  batchSize: "--batch-size",
  learningRate: "--lr",
  warmupSteps: "--warmup",
  microBatch: "--micro-batch",
  alpha: "--alpha",
  temperature: "--temperature",
  promptLength: "--prompt-length",
  prompts: "--prompts",
  fusion: "--fusion",
  longText: "--long-text",
  imageFit: "--image-fit",
  audioSeconds: "--audio-seconds",
  evaluateEvery: "--evaluate-every",
  saveEvery: "--save-every",
};

/** The options that all experiments which train take. */
export const TRAINING: readonly (keyof RunConfig)[] = ["maxPictures", "clip", "whisper", "steps", "batchSize"];
/** The options of those that take models as they are. */
export const MODELS: readonly (keyof RunConfig)[] = ["maxPictures", "clip", "whisper"];
/** The options of `train`. */
export const ALL: readonly (keyof RunConfig)[] = [...Object.keys(OPTIONS) as (keyof RunConfig)[], "attendPadding"];

/**
 * The options that make these settings of a preset: data and the fields that differ from it.
 *
 * @param fields those that the command has an option for
 * @param unnamed the preset that the command takes where none is named
 * @returns undefined where options cannot say it
 */
export function runOptions(
  config: RunConfig,
  { fields, unnamed = "sample" }: { fields: readonly (keyof RunConfig)[]; unnamed?: string },
): string[] | undefined {
  const { preset, dataset, dataRoot } = config;
  if (!Object.hasOwn(PRESETS, preset)) return undefined;
  const base = PRESETS[preset]!();
  const options = preset === unnamed ? [] : ["--preset", preset];
  if (dataset === "own" && (base.dataset !== "own" || dataRoot !== base.dataRoot)) options.push("--data", dataRoot);
  else {
    if (dataset !== base.dataset) options.push("--dataset", dataset);
    if (dataRoot !== dataRootOf(preset, dataset)) options.push("--data-root", dataRoot);
  }
  for (const field of Object.keys(base) as (keyof RunConfig)[]) {
    if (APART.has(field) || JSON.stringify(config[field]) === JSON.stringify(base[field])) continue;
    if (!fields.includes(field)) return undefined;
    if (field === "attendPadding") {
      if (!config.attendPadding) return undefined;
      options.push("--attend-padding");
    } else options.push(OPTIONS[field] as string, String(config[field]));
  }
  return options;
}

/** A line that a shell takes as these words. */
export function commandLine(task: string, words: readonly string[]): string {
  return ["deno task", task, ...words.map(quoted)].join(" ");
}

function quoted(word: string): string {
  return /^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An option with its value where the value is not what the command takes anyway. */
export function unless<T>(option: string, value: T, taken: T): string[] {
  return JSON.stringify(value) === JSON.stringify(taken) ? [] : [option, String(value)];
}
