/**
 * `transcribe`: what Whisper hears in a data set's recordings, and how many words are wrong.
 *
 * @module
 */
import { Command, Option } from "commander";
import { DATASETS } from "../training/config.ts";
import { PRESETS } from "../training/presets.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { nonEmpty, wholeNumber } from "./parsers.ts";

/** The options as commander gives them. */
export interface TranscribeOptions {
  preset: string;
  dataset?: string;
  dataRoot?: string;
  whisper?: string;
  split?: string;
  limit?: number;
  out?: string;
}

/** Defines the sub-command. */
export function transcribeCommand(exit: (code: number) => void): Command {
  return new Command("transcribe")
    .description(
      "Write a data set's transcripts as JSON lines (id, file, text, reference, WER) and tell the word error rate.",
    )
    .addOption(new Option("--preset <name>", "settings to start from").choices(Object.keys(PRESETS)).default("sample"))
    .addOption(new Option("--dataset <name>", "layout of the data set").choices(DATASETS))
    .option("--data-root <folder>", "the data set's folder", nonEmpty)
    .option("--whisper <folder>", "Whisper: a folder or a hub name", nonEmpty)
    .addOption(new Option("--split <name>", "one split only").choices(["train", "dev", "test"]))
    .option("--limit <n>", "the first recordings of each split only", wholeNumber(1))
    .option("--out <file>", "where the lines go (default: runs/transcripts/NAME.jsonl)", nonEmpty)
    .action(async (options: TranscribeOptions) => {
      const { transcribeFromOptions } = await import("./transcribe_action.ts");
      if (await transcribeFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}
