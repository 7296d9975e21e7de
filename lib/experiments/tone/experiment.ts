/**
 * `tone` for the registry.
 *
 * @module
 */
import { lazily } from "../../lazily.ts";
import type { Variant } from "../../systems/variants.ts";
import { trainingOption, type TrainOptions } from "../../training/options.ts";
import { newSettings } from "../../training/settings.ts";
import type { Experiment } from "../experiment.ts";
import { DATA, MODELS, SEEDS, seedsUpTo, variantsOption } from "../options.ts";
import { stoppedBy } from "../report.ts";
import { TONE_SCHEMAS, type ToneResult, type ToneSettings } from "./tone_results.ts";

const UNNAMED: readonly Variant[] = ["pip", "e2e", "full"];

/** The benchmark in which the emotion of the voice decides which image is right. */
export const tone: Experiment<ToneSettings, ToneResult> = {
  name: "tone",
  summary:
    "Pictures that share a caption and differ in mood alone: does a model find the one whose mood the voice has? With the " +
    "recordings as spoken, with flattened prosody, and with the written caption for the transcript.",
  options: {
    preset: trainingOption("preset", { unset: "sample-tone" }),
    ...DATA,
    maxPictures: trainingOption("maxPictures"),
    ...MODELS,
    backend: trainingOption("backend"),
    steps: trainingOption("steps", { help: "optimizer steps of each run" }),
    variants: variantsOption(UNNAMED.join()),
    seeds: SEEDS,
  },
  settings(
    { variants = [...UNNAMED], seeds, preset = "sample-tone", ...run }: TrainOptions & {
      variants?: Variant[];
      seeds?: number;
    },
  ) {
    return { config: newSettings({ ...run, preset }), variants, seeds: seedsUpTo(seeds) };
  },
  schemas: TONE_SCHEMAS,
  async run(settings, context) {
    const { toneExperiment } = await lazily<typeof import("./tone.ts")>("./tone.ts", import.meta.url);
    return await toneExperiment(settings, context.folder, context) ?? stoppedBy(context);
  },
};
