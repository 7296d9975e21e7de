/**
 * `attention`: what the similarity of a pair rests on.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { addChoiceOptions, addModelOptions, addResultOptions, type QualitativeOptions } from "./qualitative_options.ts";

/** Defines the sub-command. */
export function attentionCommand(exit: (code: number) => void): Command {
  const command = new Command("attention").description(
    "Maps by gradients at the penultimate layer of each tower: which patches of the picture, which words and which " +
      "stretches of the sound the similarity of a pair rests on. Writes results.json, table.md and attention.html.",
  );
  addChoiceOptions(addModelOptions(command, "one run"), "4");
  return addResultOptions(command, "attention").action(async (options: QualitativeOptions) => {
    const { attentionFromOptions } = await lazily<typeof import("./attention_action.ts")>("./attention_action.ts");
    if (await attentionFromOptions(options) === "interrupted") exit(INTERRUPTED);
  });
}
