/**
 * `train`: the main job, from recordings and images to a table.
 *
 * @module
 */
import { Command } from "commander";
import { type TrainOptions, trainOptions } from "../training/options.ts";
import { addOptions } from "./add_options.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { lazily } from "./lazily.ts";

/** Defines the sub-command. */
export function trainCommand(exit: (code: number) => void): Command {
  const command = new Command("train")
    .description("Transcribe, show the zero-shot baseline, train, choose on dev, evaluate once on test.");
  return addOptions(command, trainOptions())
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
