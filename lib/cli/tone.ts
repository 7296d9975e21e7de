/**
 * `tone`: the benchmark in which the mood of the voice decides which picture is right.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { addExperimentOptions, type ExperimentDefaults, type ExperimentOptions } from "./experiment_options.ts";
import { INTERRUPTED } from "./interrupt.ts";

/** What is done where nothing is said. */
export const TONE_DEFAULTS: ExperimentDefaults = {
  preset: "sample-tone",
  variants: ["pip", "e2e", "full"],
  out: "runs/tone",
};

/** Defines the sub-command. */
export function toneCommand(exit: (code: number) => void): Command {
  const command = new Command("tone").description(
    "Pictures that share a caption and differ in mood alone: does a model find the one whose mood the voice has? With the " +
      "recordings as spoken, with flattened prosody, and with the written caption for the transcript.",
  );
  return addExperimentOptions(command, TONE_DEFAULTS).action(async (options: ExperimentOptions) => {
    const { toneFromOptions } = await lazily<typeof import("./tone_action.ts")>("./tone_action.ts");
    if (await toneFromOptions(options) === "interrupted") exit(INTERRUPTED);
  });
}
