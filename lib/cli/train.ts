/**
 * `train`: the main job, from recordings and pictures to a table.
 *
 * @module
 */
import { Command, Option } from "commander";
import { VARIANTS } from "../model/variants.ts";
import { BACKEND_CHOICES, DATASETS, PRESETS } from "../training/config.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { nonEmpty, positiveNumber, realNumber, wholeNumber } from "./parsers.ts";

/** The options as commander gives them. */
export interface TrainOptions {
  preset?: string;
  variant?: string;
  dataset?: string;
  steps?: number;
  batchSize?: number;
  lr?: number;
  warmup?: number;
  alpha?: number;
  temperature?: string;
  seed?: number;
  out?: string;
  dataRoot?: string;
  clip?: string;
  whisper?: string;
  backend?: string;
  evaluateEvery?: number;
  saveEvery?: number;
  stopAfter?: number;
  resume?: string | true;
}

/** Defines the sub-command. */
export function trainCommand(exit: (code: number) => void): Command {
  return new Command("train")
    .description("Transcribe, show the zero-shot baseline, train, choose on dev, evaluate once on test.")
    .addOption(new Option("--preset <name>", "settings to start from (default: sample)").choices(Object.keys(PRESETS)))
    .addOption(new Option("--variant <name>", "what the speech feature is made of").choices(Object.keys(VARIANTS)))
    .addOption(new Option("--dataset <name>", "layout of the data set").choices(DATASETS))
    .option("--data-root <folder>", "the data set's folder", nonEmpty)
    .option("--clip <folder>", "the frozen CLIP", nonEmpty)
    .option("--whisper <folder>", "the frozen Whisper: a folder or a hub name", nonEmpty)
    .option("--steps <n>", "optimizer steps", wholeNumber(1))
    .option("--batch-size <n>", "pairs a step", wholeNumber(2))
    .option("--lr <rate>", "learning rate after the warm-up", positiveNumber)
    .option("--warmup <n>", "steps over which the learning rate rises", wholeNumber(0))
    .option("--alpha <weight>", "weight of the inner loss, 0 to 1", realNumber(0, 1))
    .addOption(new Option("--temperature <mode>", "train the temperature or keep it").choices(["learned", "fixed"]))
    .option("--seed <n>", "seed of initial values, shuffling and dropout", wholeNumber(0))
    .option("--evaluate-every <n>", "steps between evaluations on dev", wholeNumber(1))
    .option("--save-every <n>", "steps between checkpoints", wholeNumber(1))
    .addOption(new Option("--backend <name>", "where tensors are computed").choices(BACKEND_CHOICES))
    .option("--out <folder>", "the run's folder (default: a new one in runs/)", nonEmpty)
    .option("--resume [folder]", "continue a stopped run: of this folder, of --out, or the newest in runs/")
    .option("--stop-after <n>", "save and stop after this step, as Ctrl-C would", wholeNumber(1))
    .action(async (options: TrainOptions, command: Command) => {
      if (typeof options.resume === "string" && options.out !== undefined && options.resume !== options.out) {
        command.error("error: --resume names another folder than --out: give one of them");
      }
      const { trainFromOptions } = await import("./train_action.ts");
      if (await trainFromOptions(options) === "interrupted") {
        exit(INTERRUPTED);
      }
    });
}
