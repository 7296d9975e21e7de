/**
 * The command that makes a result again.
 *
 * @module
 */
import { HUES } from "../../experiments/space/labels.ts";
import { oneAtATime } from "../../experiments/ablate/grid.ts";
import type { Choice } from "../../experiments/qualitative/choose.ts";
import type { ModelChoice } from "../../experiments/qualitative/model_choice.ts";
import { FINE_TUNE } from "../../experiments/ser/defaults.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { ALL, commandLine, MODELS, runOptions, TRAINING, unless } from "./command_line.ts";
import type { FileOf, ReportFile } from "./entry.ts";

/** The sample in its three layouts. */
export const SAMPLE_PRESETS: readonly string[] = ["sample-flickr8k", "sample-spokencoco", "sample-ln-coco"];

/**
 * A line for a shell: the task with the options that say these settings; where options cannot, `--from` and the run's own
 * file.
 *
 * @param run the run's folder
 */
export function repeatCommand(file: ReportFile, run: string): string {
  const words = optionsOf(file);
  if (words !== undefined) return commandLine(file.experiment, words);
  return file.experiment === "train"
    ? commandLine("eval", ["--run", run])
    : commandLine(file.experiment, ["--from", `${run}/results.json`]);
}

function optionsOf(file: ReportFile): string[] | undefined {
  switch (file.experiment) {
    case "train": {
      const { settings } = file;
      const options = runOptions(settings, { fields: ALL });
      return options &&
        [...options, ...unless("--variant", settings.variant, "full"), ...unless("--seed", settings.seed, 1)];
    }
    case "zero-shot":
      return severalSets(file.settings.configs, MODELS);
    case "cross":
      return crossOptions(file);
    case "compare": {
      const { config, variants, seeds } = file.settings;
      return joined(runOptions(config, { fields: TRAINING }), [
        ...unless("--variants", variants.join(), Object.keys(VARIANTS).join()),
        ...seedOptions(seeds),
      ]);
    }
    case "ablate": {
      const { models, seeds } = file.settings;
      const { config } = models[0]!;
      if (JSON.stringify(oneAtATime(config)) !== JSON.stringify(models)) return undefined;
      return joined(runOptions(config, { fields: TRAINING }), seedOptions(seeds));
    }
    case "tone": {
      const { config, variants, seeds } = file.settings;
      return joined(runOptions(config, { fields: TRAINING, unnamed: "sample-tone" }), [
        ...unless("--variants", variants.join(), "pip,e2e,full"),
        ...seedOptions(seeds),
      ]);
    }
    case "ser":
      return moodOptions(file);
    case "wer": {
      const { settings } = file;
      if (settings.source === "table") return ["--table", settings.table];
      const { split, k, normalisers, seed } = settings;
      return joined(modelOptions(settings), [
        ...unless("--split", split, "test"),
        ...unless("--k", k, 5),
        ...(normalisers.length === 1 ? ["--normaliser", normalisers[0]!] : []),
        ...unless("--seed", seed, 0),
      ]);
    }
    case "gallery": {
      const { models, split, choice, top } = file.settings;
      const runs = models.flatMap(({ run }) => run ?? []);
      const first = models[0]!;
      const options = runs.length === 0 ? modelOptions(first) : ["--run", runs.map(({ path }) => path).join()];
      return joined(options, [
        ...unless("--split", split, "test"),
        ...choiceOptions(choice),
        ...unless("--top", top, 5),
      ]);
    }
    case "attention":
      return joined(modelOptions(file.settings.model), [
        ...unless("--split", file.settings.split, "test"),
        ...choiceOptions(file.settings.choice),
      ]);
    case "crop":
      return joined(modelOptions(file.settings.model), [
        ...unless("--split", file.settings.split, "test"),
        ...unless("--top", file.settings.top, 12),
      ]);
    case "space": {
      const { models, split, pairs, perplexity, words, seed } = file.settings;
      const runs = models.flatMap(({ run }) => run ?? []);
      const options = runs.length === 0
        ? modelOptions(models[0]!)
        : ["--run", runs.map(({ path }) => path).toReversed().join()];
      return joined(options, [
        ...unless("--split", split, "test"),
        ...unless("--pairs", pairs, 200),
        ...unless("--perplexity", perplexity, 30),
        ...unless("--words", words.join(), HUES.join()),
        ...unless("--seed", seed, 1),
      ]);
    }
  }
}

function joined(options: string[] | undefined, more: string[]): string[] | undefined {
  return options && [...options, ...more];
}

/** Seeds 1 to N, which is all that options can say. */
function seedOptions(seeds: readonly number[]): string[] {
  return unless("--seeds", seeds.length, 1);
}

function severalSets(configs: readonly RunConfig[], fields: readonly (keyof RunConfig)[]): string[] | undefined {
  const presets = configs.map(({ preset }) => preset);
  const each = configs.map((config) => runOptions(config, { fields, unnamed: config.preset }));
  if (each.some((options) => options === undefined || JSON.stringify(options) !== JSON.stringify(each[0]))) {
    return undefined;
  }
  return [...unless("--presets", presets.join(), SAMPLE_PRESETS.join()), ...(each[0] ?? [])];
}

function crossOptions({ settings: { models } }: FileOf<"cross">): string[] | undefined {
  const runs = models.flatMap(({ run }) => run ?? []);
  if (runs.length === models.length) return ["--runs", runs.join()];
  const [first] = models;
  if (runs.length > 0 || models.some(({ config }) => config.variant !== first!.config.variant)) return undefined;
  return joined(severalSets(models.map(({ config }) => config), TRAINING), [
    ...unless("--variant", first!.config.variant, "full"),
  ]);
}

/** Six folds and the settings of fine-tuning that are taken where nothing is said. */
function moodOptions({ settings }: FileOf<"ser">): string[] | undefined {
  const { data, encoders, fineTune, seeds, folds, fineTuneFolds } = settings;
  if (JSON.stringify(fineTune) !== JSON.stringify(FINE_TUNE) || folds !== 6) return undefined;
  const runs = encoders.flatMap(({ path }) => path === null ? [] : ["--run", path]);
  const [first] = encoders;
  const own = first === undefined
    ? ["--baselines-only"]
    : runs.length > 0
    ? runs
    : runOptions(first.config, { fields: ["clip", "whisper", "steps"], unnamed: "sample-moods" });
  if (runs.length === 0 && encoders.length > 0 && encoders.map(({ name }) => name).join() !== "full,pip") {
    return undefined;
  }
  return joined(own, [
    ...(data.dataset === "own"
      ? ["--data", data.dataRoot]
      : unless("--data-root", data.dataRoot, "data/sample/ravdess")),
    ...unless("--calm", data.calm, "neutral"),
    ...unless("--transcript", data.transcript, "heard"),
    ...(first !== undefined && !first.trained ? ["--untrained"] : []),
    ...(fineTuneFolds ? ["--fine-tune-folds"] : []),
    ...seedOptions(seeds),
  ]);
}

/** A trained run on its own or other data, or what needs no training. */
function modelOptions({ config, run }: ModelChoice): string[] | undefined {
  if (run === null) return runOptions(config, { fields: ["clip", "whisper"] });
  if (config.maxPictures !== run.config.maxPictures) return undefined;
  const { dataset, dataRoot } = config;
  const moved = dataset !== run.config.dataset || dataRoot !== run.config.dataRoot;
  const data = !moved ? [] : dataset === "own" ? ["--data", dataRoot] : ["--dataset", dataset, "--data-root", dataRoot];
  return ["--run", run.path, ...data, ...unless("--checkpoint", run.checkpoint, "best")];
}

function choiceOptions(choice: Choice): string[] {
  if (choice.by === "ids") return ["--ids", choice.ids.join()];
  if (choice.by === "worst") return ["--worst", String(choice.count)];
  return ["--random", String(choice.count), ...unless("--seed", choice.seed, 0)];
}
