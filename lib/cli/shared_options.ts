/**
 * Options that several commands have in common.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { DATA_OPTION, trainingOption } from "../training/options.ts";
import { addOptions, optionOf } from "./add_options.ts";
import { nonEmpty } from "./parsers.ts";

/** Where data and models are, as commander gives it. */
export interface PlaceOptions {
  dataset?: string;
  dataRoot?: string;
  data?: string;
  clip?: string;
  whisper?: string;
  backend?: string;
}

/** `--preset`, with what serves where none is named. */
export function presetOption(unnamed: string): Option {
  return optionOf("preset", trainingOption("preset", { unset: unnamed }));
}

/** `--dataset`, `--data-root` and `--data`: where the pairs are. */
export function addDataOptions(command: Command): Command {
  const [dataset, dataRoot] = [trainingOption("dataset"), trainingOption("dataRoot")];
  return addOptions(command, { dataset, dataRoot, data: DATA_OPTION });
}

/** `--from`, which goes with `--out` alone: the file holds all settings. Call it after the other options are added. */
export function addFrom(command: Command): Command {
  const others = command.options.map((option) => option.attributeName()).filter((name) => name !== "out");
  return command.addOption(
    new Option("--from <file>", "repeat the experiment of this results.json").argParser(nonEmpty).conflicts(others),
  );
}

/** `--max-pictures`: a part of the data. */
export function maxPicturesOption(): Option {
  return optionOf("maxPictures", trainingOption("maxPictures"));
}

/** `--clip`. */
export function clipOption(): Option {
  return optionOf("clip", trainingOption("clip"));
}

/** `--whisper`. */
export function whisperOption(): Option {
  return optionOf("whisper", trainingOption("whisper"));
}

/** `--backend`. */
export function backendOption(): Option {
  return optionOf("backend", trainingOption("backend"));
}
