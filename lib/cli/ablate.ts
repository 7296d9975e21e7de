/**
 * `ablate`: what each part of the model is worth.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { nonEmpty } from "./parsers.ts";
import {
  addOneSet,
  addPlaces,
  addTraining,
  type RetrievalOptions,
  seedsOption,
  variantOption,
} from "./retrieval_options.ts";

/** The folder where none is named. */
export const ABLATE_OUT = "runs/ablate";

/** Defines the sub-command. */
export function ablateCommand(exit: (code: number) => void): Command {
  const command = new Command("ablate").description(
    "Change one setting at a time, or a grid of settings, and compare with the default.",
  );
  const trained = addTraining(addOneSet(command, "sample; own with --data"));
  const chosen = trained.addOption(variantOption()).addOption(seedsOption()).option(
    "--grid <settings>",
    'all combinations, such as "alpha=0,0.1,0.5 prompts=shared,separate" (default: one change at a time)',
    nonEmpty,
  );
  return addPlaces(chosen, ABLATE_OUT).action(async (options: RetrievalOptions) => {
    const { ablateFromOptions } = await lazily<typeof import("./ablate_action.ts")>("./ablate_action.ts");
    if (await ablateFromOptions(options) === "interrupted") exit(INTERRUPTED);
  });
}
