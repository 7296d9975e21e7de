/**
 * Options that experiments which train runs have in common.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { VARIANTS } from "../systems/variants.ts";
import { nonEmpty, wholeNumber } from "./parsers.ts";
import {
  addDataOptions,
  addFrom,
  backendOption,
  clipOption,
  maxPicturesOption,
  type PlaceOptions,
  presetOption,
  whisperOption,
} from "./shared_options.ts";

/** The options as commander gives them; those of a run have the names that `train` gives them. */
export interface ExperimentOptions extends PlaceOptions {
  preset?: string;
  maxPictures?: number;
  steps?: number;
  variants?: string[];
  seeds?: number;
  from?: string;
  out?: string;
}

/** What an experiment says of its options. */
export interface ExperimentDefaults {
  /** The preset where none is named. */
  preset: string;
  /** The variants where none are named. */
  variants: readonly string[];
  /** The folder where none is named. */
  out: string;
}

/** Adds the options to a sub-command. */
export function addExperimentOptions(command: Command, { preset, variants, out }: ExperimentDefaults): Command {
  addDataOptions(command.addOption(presetOption(preset)))
    .addOption(maxPicturesOption())
    .addOption(clipOption())
    .addOption(whisperOption())
    .addOption(backendOption())
    .option("--steps <n>", "optimizer steps of each run", wholeNumber(1))
    .addOption(
      new Option("--variants <names>", `what is trained (default: ${variants.join(",")})`).argParser(variantNames),
    )
    .option("--seeds <n>", "runs of each variant, with seeds 1 to N (default: 1)", wholeNumber(1));
  return addFrom(command).option(
    "--out <folder>",
    `the folder of runs and results; one that is there is gone on with (default: ${out})`,
    nonEmpty,
  );
}

/** Names of variants between commas. */
function variantNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(VARIANTS, name));
  if (unknown === undefined) return [...new Set(names)];
  throw new InvalidArgumentError(`'${unknown}' is none of ${Object.keys(VARIANTS).join(", ")}.`);
}
