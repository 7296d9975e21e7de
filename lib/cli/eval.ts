/**
 * `eval`: a run's table again, from its checkpoint.
 *
 * @module
 */
import { Command, Option } from "commander";
import type { PlaceOptions } from "../training/settings.ts";
import { lazily } from "../lazily.ts";
import { nonEmpty } from "./options.ts";
import { addDataOptions, backendOption } from "./shared_options.ts";

/** The options as commander gives them. */
export interface EvalOptions extends PlaceOptions {
  run: string;
  split: string;
  checkpoint: string;
}

/** Defines the sub-command. */
export function evalCommand(args: readonly string[]): Command {
  const command = new Command("eval")
    .description("Repeat a run's table from its checkpoint, on its own data set or on another.")
    .addOption(new Option("--run <folder>", "the run's folder").makeOptionMandatory().argParser(nonEmpty));
  return addDataOptions(command)
    .option("--clip <model>", "the run's CLIP, where it stands elsewhere now", nonEmpty)
    .option("--whisper <model>", "the run's Whisper, likewise", nonEmpty)
    .option("--no-cache", "store no encoder states: compute them when they are wanted")
    .addOption(new Option("--split <name>", "the split").choices(["train", "dev", "test"]).default("test"))
    .addOption(new Option("--checkpoint <name>", "which checkpoint").choices(["best", "last"]).default("best"))
    .addOption(backendOption())
    .action(async (options: EvalOptions) => {
      const { evalFromOptions } = await lazily<typeof import("./eval_action.ts")>("./eval_action.ts", import.meta.url);
      await evalFromOptions(options, args);
    });
}
