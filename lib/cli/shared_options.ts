/**
 * Options that several commands have in common.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { DATASETS } from "../training/config.ts";
import { PRESETS } from "../training/presets.ts";
import { nonEmpty, wholeNumber } from "./parsers.ts";

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
  return new Option("--preset <name>", `settings to start from (default: ${unnamed})`).choices(Object.keys(PRESETS));
}

/** `--dataset`, `--data-root` and `--data`: where the pairs are. */
export function addDataOptions(command: Command): Command {
  return command
    .addOption(new Option("--dataset <name>", "layout of the data set").choices(DATASETS))
    .option("--data-root <folder>", "the data set's folder", nonEmpty)
    .addOption(
      new Option("--data <file>", "your own pairs: a JSON-lines or CSV file of image, audio, text, split, id")
        .argParser(nonEmpty).conflicts(["dataset", "dataRoot"]),
    );
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
  const meaning = "of each split only the first so many pictures, with all their recordings (default: all)";
  return new Option("--max-pictures <n>", meaning).argParser(wholeNumber(1));
}

/** `--clip`. */
export function clipOption(): Option {
  const meaning = "the frozen CLIP: a folder, clip-vit-large-patch14 or another name, or a hub id";
  return new Option("--clip <model>", meaning).argParser(nonEmpty);
}

/** `--whisper`. */
export function whisperOption(): Option {
  const meaning = "the frozen Whisper: a folder, whisper-base or another name, or a hub id";
  return new Option("--whisper <model>", meaning).argParser(nonEmpty);
}
