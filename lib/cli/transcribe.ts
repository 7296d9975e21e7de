/** `transcribe`: the transcripts of a data set's recordings, and their word error rate. */
import { Command } from "commander";
import type { Split } from "../data/pair.ts";
import { DATA } from "../experiments/options.ts";
import { lazily } from "../lazily.ts";
import type { OptionTable } from "../options.ts";
import { trainingOption } from "../training/options.ts";
import { parseShard, type Shard } from "../whisper/shard.ts";
import { addOptions } from "./options.ts";

export type TranscribeOptions = {
  preset?: string;
  dataset?: string;
  dataRoot?: string | string[];
  data?: string;
  whisper?: string;
  shortWindows?: boolean;
  language?: string;
  task?: string;
  split?: Split;
  limit?: number;
  shard?: Shard;
  audioSeconds?: number;
  states: boolean;
  confidence?: true;
  transcripts?: number;
  cache: boolean;
  out?: string;
};

const OPTIONS: OptionTable<TranscribeOptions> = {
  preset: trainingOption("preset"),
  ...DATA,
  whisper: trainingOption("whisper"),
  shortWindows: trainingOption("shortWindows"),
  language: trainingOption("language"),
  task: trainingOption("task"),
  split: {
    flags: "--split <name>",
    help: "one split only",
    value: { kind: "choice", of: ["train", "dev", "test"] satisfies Split[] },
  },
  limit: {
    flags: "--limit <n>",
    help: "only the first n recordings of each split",
    value: { kind: "whole", least: 1 },
  },
  shard: {
    flags: "--shard <i/n>",
    help: "shard i of n, for n processes or machines; join their files with cat",
    value: { kind: "text", parse: parseShard },
  },
  audioSeconds: trainingOption("audioSeconds", {
    help: "store states of at most this many seconds of a recording; its transcript is always complete",
  }),
  states: {
    flags: "--no-states",
    help: "store transcripts only; encoder states are computed when a training needs them",
    value: { kind: "switch" },
  },
  confidence: {
    flags: "--confidence",
    help: "decode stored transcripts of earlier versions again that lack the confidence for --fusion confidence",
    value: { kind: "switch" },
  },
  transcripts: trainingOption("transcripts", {
    help: "store n transcripts of each recording for --transcripts of train; the file has the best",
    unset: "1",
  }),
  cache: trainingOption("cache", { help: "store nothing; write only the file of lines" }),
  out: {
    flags: "--out <file>",
    help: "the file to write",
    value: { kind: "text" },
    unset: "runs/transcripts/NAME.jsonl; of a shard NAME.shard-I-of-N.jsonl",
  },
};

export function transcribeCommand(): Command {
  const command = new Command("transcribe").description(
    "Write a data set's transcripts as JSON lines (id, file, text, reference, WER) and report the word error rate.",
  );
  return addOptions(command, OPTIONS).action(async (options: TranscribeOptions) => {
    const { transcribeFromOptions } = await lazily<typeof import("./transcribe_action.ts")>(
      "./transcribe_action.ts",
      import.meta.url,
    );
    await transcribeFromOptions(options);
  });
}
