/**
 * `wer`: each recording's word error rate against whether its picture is found.
 *
 * @module
 */
import { Command, Option } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { nonEmpty, wholeNumber } from "./parsers.ts";
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
export interface WerCommandOptions extends PlaceOptions {
  run?: string;
  preset?: string;
  cache?: boolean;
  split: string;
  checkpoint: string;
  k: number;
  normaliser: string;
  seed: number;
  table?: string;
  from?: string;
  out?: string;
}

/** What rows of one's own exclude: they are neither heard nor ranked here. */
const OF_A_MODEL = [
  "run",
  "preset",
  "dataset",
  "dataRoot",
  "data",
  "clip",
  "whisper",
  "cache",
  "split",
  "checkpoint",
  "k",
  "normaliser",
  "seed",
  "backend",
];

/** Defines the sub-command. */
export function werCommand(exit: (code: number) => void): Command {
  const command = new Command("wer")
    .description(
      "Word error rate of each recording against whether its picture is among the first K: logistic regression, " +
        "calibration, recall by rate. Zero-shot, or of a trained run.",
    )
    .addOption(
      new Option("--run <folder>", "the trained run; without it zero-shot").argParser(nonEmpty).conflicts("preset"),
    )
    .addOption(presetOption("sample"));
  addDataOptions(command)
    .addOption(clipOption())
    .addOption(whisperOption())
    .option("--no-cache", "store no encoder states: compute them when they are wanted")
    .addOption(new Option("--split <name>", "the split").choices(["train", "dev", "test"]).default("test"))
    .addOption(new Option("--checkpoint <name>", "which checkpoint").choices(["best", "last"]).default("best"))
    .option("--k <n>", "a hit is a picture among the first so many", wholeNumber(1), 5)
    .addOption(
      new Option("--normaliser <name>", "how texts are made alike").choices(["both", "raw", "english"]).default("both"),
    )
    .option("--seed <n>", "seed of the bootstrap", wholeNumber(0), 0)
    .addOption(backendOption())
    .addOption(
      new Option("--table <file>", "rows of your own: JSON lines or CSV with columns wer, hit and perhaps words")
        .argParser(nonEmpty).conflicts(OF_A_MODEL),
    );
  return addFrom(command)
    .option("--out <folder>", "where results go (default: a new folder runs/wer-...)", nonEmpty)
    .action(async (options: WerCommandOptions) => {
      const { werFromOptions } = await lazily<typeof import("./wer_action.ts")>("./wer_action.ts");
      if (await werFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}
