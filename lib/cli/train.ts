/**
 * `train`: the main job, from recordings and pictures to a table.
 *
 * @module
 */
import { Command, Option } from "commander";
import { lazily } from "./lazily.ts";
import { VARIANTS } from "../systems/variants.ts";
import { BACKEND_CHOICES, FUSIONS, IMAGE_FITS, LONG_TEXTS, PROMPT_SHARINGS } from "../training/config.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { nonEmpty, positiveNumber, realNumber, wholeNumber } from "./parsers.ts";
import { addDataOptions, clipOption, maxPicturesOption, presetOption, whisperOption } from "./shared_options.ts";

/** The options as commander gives them. */
export interface TrainOptions {
  preset?: string;
  variant?: string;
  dataset?: string;
  data?: string;
  maxPictures?: number;
  steps?: number;
  batchSize?: number;
  microBatch?: number;
  lr?: number;
  warmup?: number;
  alpha?: number;
  temperature?: string;
  promptLength?: number;
  prompts?: string;
  fusion?: string;
  attendPadding?: true;
  seed?: number;
  longText?: string;
  imageFit?: string;
  audioSeconds?: number;
  cache?: boolean;
  out?: string;
  dataRoot?: string;
  clip?: string;
  whisper?: string;
  backend?: string;
  evaluateEvery?: number;
  saveEvery?: number;
  stopAfter?: number;
  resume?: string | true;
  dryRun?: true;
}

/** Defines the sub-command. */
export function trainCommand(exit: (code: number) => void): Command {
  const command = new Command("train")
    .description("Transcribe, show the zero-shot baseline, train, choose on dev, evaluate once on test.")
    .addOption(presetOption("sample; own with --data"))
    .addOption(new Option("--variant <name>", "what the speech feature is made of").choices(Object.keys(VARIANTS)));
  return addDataOptions(command)
    .addOption(maxPicturesOption())
    .addOption(clipOption())
    .addOption(whisperOption())
    .option("--steps <n>", "optimizer steps", wholeNumber(1))
    .option("--batch-size <n>", "pairs a step", wholeNumber(2))
    .option("--micro-batch <n>", "pairs in memory at once; negatives stay the whole batch's", wholeNumber(1))
    .option("--lr <rate>", "learning rate after the warm-up", positiveNumber)
    .option("--warmup <n>", "steps over which the learning rate rises", wholeNumber(0))
    .option("--alpha <weight>", "weight of the inner loss, 0 to 1", realNumber(0, 1))
    .addOption(new Option("--temperature <mode>", "train the temperature or keep it").choices(["learned", "fixed"]))
    .option("--prompt-length <n>", "number of prompts", wholeNumber(1))
    .addOption(
      new Option("--prompts <mode>", "the branches share their prompts, or have their own").choices(PROMPT_SHARINGS),
    )
    .addOption(
      new Option("--fusion <mode>", "voice and text: their sum, or weighed by a learned gate").choices(FUSIONS),
    )
    .option("--attend-padding", "the acoustic branch attends to the padding of Whisper's window too")
    .option("--seed <n>", "seed of initial values, shuffling and dropout", wholeNumber(0))
    .addOption(
      new Option("--long-text <mode>", "a text too long for the text tower: cut it, or average over windows")
        .choices(LONG_TEXTS),
    )
    .addOption(new Option("--image-fit <mode>", "how a picture becomes a square").choices(IMAGE_FITS))
    .option("--audio-seconds <s>", "how much of a recording the acoustic branch attends to", positiveNumber)
    .option("--no-cache", "store no encoder states: compute them whenever a batch wants them")
    .option("--evaluate-every <n>", "steps between evaluations on dev", wholeNumber(1))
    .option("--save-every <n>", "steps between checkpoints", wholeNumber(1))
    .addOption(new Option("--backend <name>", "where tensors are computed").choices(BACKEND_CHOICES))
    .option("--out <folder>", "the run's folder (default: a new one in runs/)", nonEmpty)
    .option("--resume [folder]", "continue a stopped run: of this folder, of --out, or the newest in runs/")
    .addOption(
      new Option("--dry-run", "check data, models, memory and disk, time ten steps, and print the plan; writes nothing")
        .conflicts(["resume", "stopAfter"]),
    )
    .option("--stop-after <n>", "save and stop after this step, as Ctrl-C would", wholeNumber(1))
    .action(async (options: TrainOptions, ran: Command) => {
      if (typeof options.resume === "string" && options.out !== undefined && options.resume !== options.out) {
        ran.error("error: --resume names another folder than --out: give one of them");
      }
      const act = options.dryRun
        ? (await lazily<typeof import("./dry_run_action.ts")>("./dry_run_action.ts")).dryRunFromOptions
        : (await lazily<typeof import("./train_action.ts")>("./train_action.ts")).trainFromOptions;
      if (await act(options) === "interrupted") exit(INTERRUPTED);
    });
}
