/**
 * Options of the retrieval experiments: zero-shot, compare, cross, ablate.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { VARIANTS } from "../systems/variants.ts";
import { PRESETS } from "../training/presets.ts";
import { nonEmpty, wholeNumber } from "./parsers.ts";
import {
  addDataOptions,
  addFrom,
  backendOption,
  clipOption,
  maxPicturesOption,
  presetOption,
  whisperOption,
} from "./shared_options.ts";

/** The options as commander gives them; those of a run have the names that `train` gives them. */
export interface RetrievalOptions {
  preset?: string;
  presets?: string[];
  dataset?: string;
  dataRoot?: string;
  data?: string;
  maxPictures?: number;
  clip?: string;
  whisper?: string;
  backend?: string;
  cache?: boolean;
  steps?: number;
  batchSize?: number;
  seed?: number;
  seeds?: number;
  variant?: string;
  variants?: string[];
  runs?: string[];
  grid?: string;
  from?: string;
  out?: string;
}

/** `--preset`, data and models of one data set. */
export function addOneSet(command: Command, preset: string): Command {
  return addModels(addDataOptions(command.addOption(presetOption(preset))));
}

/** `--presets`, for experiments on several data sets, and the models. */
export function addSeveralSets(command: Command, presets: readonly string[]): Command {
  return addModels(
    command
      .addOption(
        new Option("--presets <names>", `the data sets, by preset (default: ${presets.join(",")})`)
          .argParser(names(Object.keys(PRESETS))),
      )
      .option("--data-root <folder>", "the folder of all of them, where it is not the presets'", nonEmpty),
  );
}

function addModels(command: Command): Command {
  return command
    .addOption(maxPicturesOption())
    .addOption(clipOption())
    .addOption(whisperOption())
    .option("--no-cache", "store no encoder states: compute them when they are wanted")
    .addOption(backendOption());
}

/** `--steps` and `--batch-size`. */
export function addTraining(command: Command): Command {
  return command
    .option("--steps <n>", "optimizer steps of each run", wholeNumber(1))
    .option("--batch-size <n>", "pairs a step", wholeNumber(2));
}

/** `--from` and `--out`; call it last. */
export function addPlaces(command: Command, out: string): Command {
  return addFrom(command)
    .option("--out <folder>", `the folder of results; what is there is gone on with (default: ${out})`, nonEmpty);
}

/** `--variant`. */
export function variantOption(): Option {
  return new Option("--variant <name>", "what is trained (default: full)").choices(
    Object.keys(VARIANTS).filter((name) => VARIANTS[name as keyof typeof VARIANTS].prompts),
  );
}

/** `--variants`. */
export function variantsOption(): Option {
  return new Option("--variants <names>", "what is compared (default: all)").argParser(names(Object.keys(VARIANTS)));
}

/** `--seeds`. */
export function seedsOption(): Option {
  return new Option("--seeds <n>", "runs of each, with seeds 1 to N (default: 1)").argParser(wholeNumber(1));
}

/** A parser of names between commas, each once; of any names where none are told. */
export function names(known?: readonly string[]): (text: string) => string[] {
  return (text) => {
    const list = text.split(",").map((name) => name.trim());
    if (list.includes("")) throw new InvalidArgumentError("Expected names between commas.");
    const unknown = list.find((name) => known !== undefined && !known.includes(name));
    if (unknown === undefined) return [...new Set(list)];
    throw new InvalidArgumentError(`'${unknown}' is none of ${known?.join(", ")}.`);
  };
}
