/**
 * `compare`: all variants on one data set.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import {
  addOneSet,
  addPlaces,
  addTraining,
  type RetrievalOptions,
  seedsOption,
  variantsOption,
} from "./retrieval_options.ts";

/** The folder where none is named. */
export const COMPARE_OUT = "runs/compare";

/** Defines the sub-command. */
export function compareCommand(exit: (code: number) => void): Command {
  const command = new Command("compare").description(
    "Train the variants with the same seeds and data and compare every two of them (Tables 1 and 2).",
  );
  const trained = addTraining(addOneSet(command, "sample; own with --data"));
  return addPlaces(trained.addOption(variantsOption()).addOption(seedsOption()), COMPARE_OUT)
    .action(async (options: RetrievalOptions) => {
      const { compareFromOptions } = await lazily<typeof import("./compare_action.ts")>("./compare_action.ts");
      if (await compareFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}
