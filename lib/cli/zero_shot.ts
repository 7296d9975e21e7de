/**
 * `zero-shot`: what the recogniser's errors cost the frozen models.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "./lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { addPlaces, addSeveralSets, type RetrievalOptions } from "./retrieval_options.ts";

/** The sample in its three layouts. */
export const SAMPLE_SETS: readonly string[] = ["sample-flickr8k", "sample-spokencoco", "sample-ln-coco"];

/** The folder where none is named. */
export const ZERO_SHOT_OUT = "runs/zero-shot";

/** Defines the sub-command. */
export function zeroShotCommand(exit: (code: number) => void): Command {
  const command = new Command("zero-shot").description(
    "The frozen models on transcripts and on written captions, on the test split of one or several data sets (Table 4).",
  );
  return addPlaces(addSeveralSets(command, SAMPLE_SETS), ZERO_SHOT_OUT)
    .action(async (options: RetrievalOptions) => {
      const { zeroShotFromOptions } = await lazily<typeof import("./zero_shot_action.ts")>("./zero_shot_action.ts");
      if (await zeroShotFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}
