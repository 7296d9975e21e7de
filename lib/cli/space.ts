/**
 * `space`: where pictures and recordings lie in the joint space.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { wholeNumber } from "./parsers.ts";
import { addModelOptions, addResultOptions, names, type QualitativeOptions } from "./qualitative_options.ts";

/** The options as commander gives them. */
export interface SpaceOptions extends QualitativeOptions {
  pairs: number;
  perplexity: number;
  words?: string[];
}

/** Defines the sub-command. */
export function spaceCommand(exit: (code: number) => void): Command {
  const command = new Command("space").description(
    "Maps of the joint space by principal components and by t-SNE, for zero-shot and for the runs: pictures, recordings, and " +
      "how far pairs are apart. Writes results.json and table.md; 'deno task report' draws it.",
  );
  addModelOptions(command, "runs")
    .option("--pairs <n>", "pairs that are drawn at most", wholeNumber(3), 200)
    .option("--perplexity <n>", "neighbours that t-SNE looks at; held below a third of the points", wholeNumber(1), 30)
    .option(
      "--words <words>",
      "colour pairs by the first of these words in their caption (default: names of hues)",
      names,
    )
    .option("--seed <n>", "seed of the choice of pairs and of t-SNE", wholeNumber(0), 1);
  return addResultOptions(command, "space").action(async (options: SpaceOptions) => {
    const { spaceFromOptions } = await lazily<typeof import("./space_action.ts")>("./space_action.ts");
    if (await spaceFromOptions(options) === "interrupted") exit(INTERRUPTED);
  });
}
