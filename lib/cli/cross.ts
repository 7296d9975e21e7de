/**
 * `cross`: trained on one data set, tested on another.
 *
 * @module
 */
import { Command, Option } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { wholeNumber } from "./parsers.ts";
import {
  addPlaces,
  addSeveralSets,
  addTraining,
  names,
  type RetrievalOptions,
  variantOption,
} from "./retrieval_options.ts";
import { SAMPLE_SETS } from "./zero_shot.ts";

/** The folder where none is named. */
export const CROSS_OUT = "runs/cross";

/** Defines the sub-command. */
export function crossCommand(exit: (code: number) => void): Command {
  const command = new Command("cross").description(
    "The models of several data sets on each other's test split (Table 5).",
  );
  const trained = addTraining(addSeveralSets(command, SAMPLE_SETS)).addOption(variantOption())
    .option("--seed <n>", "seed of the trainings (default: 1)", wholeNumber(0))
    .addOption(
      new Option("--runs <folders>", "trained runs between commas, in place of training")
        .argParser(names()).conflicts(["presets", "variant", "steps", "batchSize", "seed", "maxPictures"]),
    );
  return addPlaces(trained, CROSS_OUT).action(async (options: RetrievalOptions) => {
    const { crossFromOptions } = await lazily<typeof import("./cross_action.ts")>("./cross_action.ts");
    if (await crossFromOptions(options) === "interrupted") exit(INTERRUPTED);
  });
}
