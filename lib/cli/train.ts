/**
 * `train`: the main job, from recordings and images to a table.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "../lazily.ts";
import { type TrainOptions, trainOptions } from "../training/options.ts";
import { addOptions } from "./options.ts";

/**
 * Defines the sub-command.
 *
 * @param args the arguments of the whole command line, which `results.json` stores
 */
export function trainCommand(args: readonly string[]): Command {
  const command = new Command("train")
    .description("Transcribe, show the zero-shot baseline, train, choose on dev, evaluate once on test.");
  return addOptions(command, trainOptions())
    .action(async (options: TrainOptions, ran: Command) => {
      if (typeof options.resume === "string" && options.out !== undefined && options.resume !== options.out) {
        ran.error("error: --resume names another folder than --out: give one of them");
      }
      const act = options.dryRun
        ? (await lazily<typeof import("./dry_run_action.ts")>("./dry_run_action.ts", import.meta.url)).dryRunFromOptions
        : (await lazily<typeof import("./train_action.ts")>("./train_action.ts", import.meta.url)).trainFromOptions;
      await act(options, args);
    });
}
