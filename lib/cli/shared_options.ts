/**
 * Options that several commands have in common.
 *
 * @module
 */
import type { Command, Option } from "commander";
import { DATA_OPTION, trainingOption } from "../training/options.ts";
import { addOptions, optionOf } from "./options.ts";

/** `--preset`, with what serves where none is named. */
export function presetOption(unnamed: string): Option {
  return optionOf("preset", trainingOption("preset", { unset: unnamed }));
}

/** `--dataset`, `--data-root` and `--data`: where the pairs are. */
export function addDataOptions(command: Command): Command {
  const [dataset, dataRoot] = [trainingOption("dataset"), trainingOption("dataRoot")];
  return addOptions(command, { dataset, dataRoot, data: DATA_OPTION });
}

/** `--whisper`. */
export function whisperOption(): Option {
  return optionOf("whisper", trainingOption("whisper"));
}

/** `--backend`. */
export function backendOption(): Option {
  return optionOf("backend", trainingOption("backend"));
}
