/**
 * Options of the experiments that look at single queries.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Choice } from "../experiments/qualitative/choose.ts";
import type { ModelChoice } from "../experiments/qualitative/model_choice.ts";
import { openRun } from "../training/run_folder.ts";
import { nonEmpty, wholeNumber } from "./parsers.ts";
import { evalSettings, newSettings } from "./settings.ts";
import {
  addDataOptions,
  addFrom,
  backendOption,
  clipOption,
  type PlaceOptions,
  presetOption,
  whisperOption,
} from "./shared_options.ts";

/** The options as commander gives them. */
export interface QualitativeOptions extends PlaceOptions {
  run?: string[];
  preset?: string;
  cache?: boolean;
  split: string;
  checkpoint: string;
  ids?: string[];
  worst?: number;
  random?: number;
  seed: number;
  from?: string;
  out?: string;
}

/** Adds the options that name models and data. */
export function addModelOptions(command: Command, runs: "one run" | "runs"): Command {
  const several = runs === "runs";
  command
    .addOption(
      new Option(
        several ? "--run <folders>" : "--run <folder>",
        several
          ? "trained runs, with commas between; without any zero-shot alone"
          : "the trained run; without it zero-shot",
      ).argParser((text: string) => several ? names(text) : [nonEmpty(text)]).conflicts("preset"),
    )
    .addOption(presetOption("sample"));
  return addDataOptions(command)
    .addOption(clipOption())
    .addOption(whisperOption())
    .option("--no-cache", "store no encoder states: compute them when they are wanted")
    .addOption(new Option("--split <name>", "the split").choices(["train", "dev", "test"]).default("test"))
    .addOption(new Option("--checkpoint <name>", "which checkpoint").choices(["best", "last"]).default("best"))
    .addOption(backendOption());
}

/** Adds the options that choose queries. */
export function addChoiceOptions(command: Command, fallback: string): Command {
  return command
    .addOption(
      new Option("--ids <names>", "these pairs or pictures, with commas between").argParser(names)
        .conflicts(["worst", "random"]),
    )
    .addOption(
      new Option("--worst <n>", "the queries whose right answer is found last").argParser(wholeNumber(1))
        .conflicts(["random"]),
    )
    .addOption(
      new Option("--random <n>", `so many queries at random (default: ${fallback})`).argParser(wholeNumber(1)),
    )
    .option("--seed <n>", "seed of the random choice", wholeNumber(0), 0);
}

/** Adds the options of every experiment's results; call it last. */
export function addResultOptions(command: Command, experiment: string): Command {
  return addFrom(command)
    .option("--out <folder>", `where results go (default: a new folder runs/${experiment}-...)`, nonEmpty);
}

/** The chosen queries. */
export function choiceOf({ ids, worst, random, seed }: QualitativeOptions, fallback: Choice): Choice {
  if (ids !== undefined) return { by: "ids", ids };
  if (worst !== undefined) return { by: "worst", count: worst };
  if (random !== undefined) return { by: "random", count: random, seed };
  return fallback.by === "random" ? { ...fallback, seed } : fallback;
}

/**
 * The models that the options name: the runs, each on the data of the first, or zero-shot where no run is named.
 *
 * @throws {InputError} where a run is missing or a value is out of range.
 */
export async function modelsOf(options: QualitativeOptions): Promise<ModelChoice[]> {
  const { run: paths = [], checkpoint } = options;
  const models: ModelChoice[] = [];
  for (const path of paths) {
    const { config: stored } = await openRun(path);
    const own = evalSettings({ ...options, run: path }, stored);
    const { dataset, dataRoot, whisper } = models[0]?.config ?? own;
    models.push({
      config: { ...own, dataset, dataRoot, whisper },
      run: { path, config: stored, checkpoint: checkpoint as "best" | "last" },
    });
  }
  return models.length > 0 ? models : [zeroShotOf(options)];
}

/** {@link modelsOf}, the last of them zero-shot on the data of the first. */
export async function besideZeroShot(options: QualitativeOptions): Promise<ModelChoice[]> {
  const models = await modelsOf(options);
  const { config, run } = models[0] as ModelChoice;
  return run === null ? models : [...models, { config: { ...config, variant: "pip-zero-shot" }, run: null }];
}

/** What needs no training, by a preset. */
function zeroShotOf(
  { preset, dataset, dataRoot, data, clip, whisper, cache, backend }: QualitativeOptions,
): ModelChoice {
  const named = Object.entries({ preset, dataset, dataRoot, data, clip, whisper, cache, backend })
    .filter(([, value]) => value !== undefined);
  return { config: newSettings({ ...Object.fromEntries(named), variant: "pip-zero-shot" }), run: null };
}

/** Names between commas. */
export function names(text: string): string[] {
  const found = text.split(",").map((name) => name.trim());
  if (found.some((name) => name === "")) throw new InvalidArgumentError("Expected names with commas between them.");
  return [...new Set(found)];
}
