/** `train`: trains a run and evaluates it on test; `eval`: repeats the evaluation. */
import { Command } from "commander";
import type { Split } from "../data/pair.ts";
import { DATA, SPLIT_AND_CHECKPOINT } from "../experiments/options.ts";
import { lazily } from "../lazily.ts";
import type { OptionTable } from "../options.ts";
import { trainingOption, type TrainOptions, trainOptions } from "../training/options.ts";
import type { PlaceOptions } from "../training/settings.ts";
import { addOptions } from "./options.ts";

/**
 * Defines the sub-command.
 *
 * @param args the arguments of the whole command line, which `results.json` stores
 */
export function trainCommand(args: readonly string[]): Command {
  const command = new Command("train")
    .description("Transcribe, print the zero-shot baseline, train, select on dev, evaluate once on test.");
  return addOptions(command, trainOptions())
    .action(async (options: TrainOptions, ran: Command) => {
      if (typeof options.resume === "string" && options.out !== undefined && options.resume !== options.out) {
        ran.error("error: --resume and --out name different folders: give only one of them");
      }
      const { dryRunFromOptions, trainFromOptions } = await lazily<typeof import("./train_action.ts")>(
        "./train_action.ts",
        import.meta.url,
      );
      await (options.dryRun ? dryRunFromOptions(options) : trainFromOptions(options, args));
    });
}

export type EvalOptions = PlaceOptions & { run: string; split: Split; checkpoint: "best" | "last" };

const EVAL_OPTIONS: OptionTable<EvalOptions> = {
  run: { flags: "--run <folder>", help: "the run's folder", value: { kind: "text" }, required: true, once: true },
  ...DATA,
  clip: trainingOption("clip", { help: "the run's CLIP, if it was moved" }),
  whisper: trainingOption("whisper", { help: "the run's Whisper, if it was moved" }),
  language: trainingOption("language", { unset: "the run's" }),
  task: trainingOption("task", { unset: "the run's" }),
  cache: trainingOption("cache"),
  ...SPLIT_AND_CHECKPOINT,
  backend: trainingOption("backend"),
};

/** Defines `eval`; for `args` see {@link trainCommand}. */
export function evalCommand(args: readonly string[]): Command {
  const command = new Command("eval")
    .description("Repeat a run's table from its checkpoint, on its own data set or on another.");
  return addOptions(command, EVAL_OPTIONS).action(async (options: EvalOptions) => {
    const { evalFromOptions } = await lazily<typeof import("./train_action.ts")>("./train_action.ts", import.meta.url);
    await evalFromOptions(options, args);
  });
}
