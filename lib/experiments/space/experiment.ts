/**
 * `space` for the registry.
 *
 * @module
 */
import { lazily } from "../../lazily.ts";
import type { Experiment } from "../experiment.ts";
import { besideZeroShot, modelFolderName, modelOptions, type ModelValues } from "../options.ts";
import { stoppedBy } from "../report.ts";
import { SPACE_SCHEMAS, type SpaceResult, type SpaceSettings } from "./space_results.ts";

type SpaceValues = ModelValues & { pairs: number; perplexity: number; words?: string[]; seed: number };

/** Where images and recordings lie in the joint space. */
export const space: Experiment<SpaceSettings, SpaceResult> = {
  name: "space",
  summary:
    "Maps of the joint space by principal components and by t-SNE, for zero-shot and for the runs: pictures, recordings, and " +
    "how far pairs are apart. Writes results.json and table.md; 'deno task report' draws it.",
  options: {
    ...modelOptions("runs"),
    pairs: {
      flags: "--pairs <n>",
      help: "pairs that are drawn at most",
      value: { kind: "whole", least: 3 },
      default: 200,
    },
    perplexity: {
      flags: "--perplexity <n>",
      help: "neighbours that t-SNE looks at; held below a third of the points",
      value: { kind: "whole", least: 1 },
      default: 30,
    },
    words: {
      flags: "--words <words>",
      help: "colour pairs by the first of these words in their caption (default: names of hues)",
      value: { kind: "names" },
    },
    seed: {
      flags: "--seed <n>",
      help: "seed of the choice of pairs and of t-SNE",
      value: { kind: "whole", least: 0 },
      default: 1,
    },
  },
  async settings(values: SpaceValues) {
    const { split, pairs, perplexity, seed, words } = values;
    const { HUES } = await lazily<typeof import("./labels.ts")>("./labels.ts", import.meta.url);
    const models = (await besideZeroShot(values)).toReversed();
    return { models, split, pairs, seed, perplexity, words: words ?? [...HUES] };
  },
  folderName: ({ models }) => modelFolderName("space", models.at(-1)!),
  schemas: SPACE_SCHEMAS,
  async run(settings, context) {
    const { spaceExperiment } = await lazily<typeof import("./space.ts")>("./space.ts", import.meta.url);
    return await spaceExperiment(settings, context.folder, context) ?? stoppedBy(context);
  },
};
