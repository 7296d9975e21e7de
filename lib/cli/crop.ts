/**
 * `crop`: what the centre crop of the pictures costs.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { wholeNumber } from "./parsers.ts";
import { addModelOptions, addResultOptions, type QualitativeOptions } from "./qualitative_options.ts";

/** The options as commander gives them. */
export interface CropOptions extends QualitativeOptions {
  top: number;
}

/** Defines the sub-command. */
export function cropCommand(exit: (code: number) => void): Command {
  const command = new Command("crop").description(
    "Ranks of each query with pictures cropped to their middle, on black bars, and squeezed, sorted by what the crop loses, " +
      "with what it cuts away. Writes results.json, table.md and crop.html.",
  );
  addModelOptions(command, "one run").option("--top <n>", "queries each way that are shown", wholeNumber(1), 12);
  return addResultOptions(command, "crop").action(async (options: CropOptions) => {
    const { cropFromOptions } = await lazily<typeof import("./crop_action.ts")>("./crop_action.ts");
    if (await cropFromOptions(options) === "interrupted") exit(INTERRUPTED);
  });
}
