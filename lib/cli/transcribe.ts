/**
 * `transcribe`: what Whisper hears in a data set's recordings, and how many words are wrong.
 *
 * @module
 */
import { Command, Option } from "commander";
import { lazily } from "../lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import type { Shard } from "../whisper/shard.ts";
import { nonEmpty, positiveNumber, shardOption, wholeNumber } from "./options.ts";
import { addDataOptions, presetOption, whisperOption } from "./shared_options.ts";

/** The options as commander gives them. */
export interface TranscribeOptions {
  preset?: string;
  dataset?: string;
  dataRoot?: string;
  data?: string;
  whisper?: string;
  split?: string;
  limit?: number;
  shard?: Shard;
  audioSeconds?: number;
  cache: boolean;
  states: boolean;
  out?: string;
}

/** Defines the sub-command. */
export function transcribeCommand(exit: (code: number) => void): Command {
  const command = new Command("transcribe")
    .description(
      "Write a data set's transcripts as JSON lines (id, file, text, reference, WER) and tell the word error rate.",
    )
    .addOption(presetOption("sample; own with --data"));
  return addDataOptions(command)
    .addOption(whisperOption())
    .addOption(new Option("--split <name>", "one split only").choices(["train", "dev", "test"]))
    .option("--limit <n>", "the first recordings of each split only", wholeNumber(1))
    .option("--shard <i/n>", "part i of n: for n processes or machines, whose files are joined with cat", shardOption)
    .option(
      "--audio-seconds <s>",
      "states are kept for so much of a recording; its text is always whole",
      positiveNumber,
    )
    .option("--no-states", "store transcripts only; encoder states are computed when a training wants them")
    .option("--no-cache", "store nothing: only the file of lines is written")
    .option(
      "--out <file>",
      "where the lines go (default: runs/transcripts/NAME.jsonl; of a shard NAME.shard-I-of-N.jsonl)",
      nonEmpty,
    )
    .action(async (options: TranscribeOptions) => {
      const { transcribeFromOptions } = await lazily<typeof import("./transcribe_action.ts")>(
        "./transcribe_action.ts",
        import.meta.url,
      );
      if (await transcribeFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}
