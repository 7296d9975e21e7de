/**
 * `gallery`: queries with what each model answers to them.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { wholeNumber } from "./parsers.ts";
import { addChoiceOptions, addModelOptions, addResultOptions, type QualitativeOptions } from "./qualitative_options.ts";

/** The options as commander gives them. */
export interface GalleryOptions extends QualitativeOptions {
  top: number;
}

/** Defines the sub-command. */
export function galleryCommand(exit: (code: number) => void): Command {
  const command = new Command("gallery").description(
    "Chosen, worst or random queries both ways: what was said and heard, the first answers of each run and of zero-shot with " +
      "their similarities, and the place of the right one. Writes results.json, table.md and gallery.html.",
  );
  addChoiceOptions(addModelOptions(command, "runs"), "6").option(
    "--top <n>",
    "answers that are shown",
    wholeNumber(1),
    5,
  );
  return addResultOptions(command, "gallery").action(async (options: GalleryOptions) => {
    const { galleryFromOptions } = await lazily<typeof import("./gallery_action.ts")>("./gallery_action.ts");
    if (await galleryFromOptions(options) === "interrupted") exit(INTERRUPTED);
  });
}
