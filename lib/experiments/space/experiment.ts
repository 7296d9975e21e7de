/** `space`: where images and recordings lie in the joint space. */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import { lazily } from "../../lazily.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import { modelFolderName, modelOptions, type ModelValues, withZeroShot } from "../options.ts";
import {
  count,
  type ModelChoice,
  modelChoice,
  name,
  type RankedModel,
  rankedModel,
  real,
  split,
  type SplitSize,
  splitSize,
} from "../qualitative/settings.ts";

/** What is drawn. */
export type SpaceSettings = {
  models: ModelChoice[];
  split: Split;
  /** The most pairs (an image and one of its recordings) to draw. If there are more, a random subset is drawn. */
  pairs: number;
  /** Seed of that subset and of t-SNE. */
  seed: number;
  /** The number of neighbors in t-SNE. */
  perplexity: number;
  /** A pair's color is the first of these words in its caption, or its emotion if the data set has emotions. */
  words: string[];
};

/** A point in two dimensions. */
export type Point = [x: number, y: number];

/** An image and one of its recordings. `label` is its emotion, or null if its caption has none of the words. */
export type SpacePair = { id: string; imageId: string; label: string | null };

/** Points of images and recordings in the order of the pairs. `trustworthiness` is that of the 10 nearest neighbors. */
export type SpaceMap = { pictures: Point[]; recordings: Point[]; trustworthiness: number };

/** The joint space of one model. All features are L2-normalized. */
export type SpaceModel = RankedModel & {
  /** Distance between the mean image feature and the mean speech feature. */
  modalityGap: number;
  /** Mean distance between an image and its own recording. */
  pairDistance: number;
  /** Mean distance between an image and the recording of another image. */
  otherDistance: number;
  /** Shares of the variance along the axes of `pca`. */
  explained: Point;
  pca: SpaceMap;
  tsne: SpaceMap;
};

/** The maps of all models, for the same pairs of the split. */
export type SpaceResult = { of: SplitSize; labelledBy: "mood" | "word"; pairs: SpacePair[]; models: SpaceModel[] };

/** Names of hues, the default of {@link SpaceSettings.words}. */
export const HUES = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"] as const;

const point = z.tuple([z.number(), z.number()]);
const map = z.strictObject({ pictures: z.array(point), recordings: z.array(point), trustworthiness: real });

export const SPACE_SCHEMAS: { settings: PartSchema<SpaceSettings>; result: PartSchema<SpaceResult> } = {
  settings: z.strictObject({
    models: z.array(modelChoice).min(1),
    split,
    pairs: z.number().int().min(3),
    seed: count,
    perplexity: z.number().min(1),
    words: z.array(name),
  }),
  result: z.strictObject({
    of: z.strictObject(splitSize),
    labelledBy: z.enum(["mood", "word"]),
    pairs: z.array(z.strictObject({ id: name, imageId: name, label: name.nullable() })),
    models: z.array(z.strictObject({
      ...rankedModel,
      modalityGap: real,
      pairDistance: real,
      otherDistance: real,
      explained: point,
      pca: map,
      tsne: map,
    })).min(1),
  }),
};

type SpaceValues = ModelValues & { pairs: number; perplexity: number; words?: string[]; seed: number };

/** Where images and recordings lie in the joint space. */
export const space: Experiment<SpaceSettings, SpaceResult> = {
  name: "space",
  summary:
    "Maps of the joint space by principal components and by t-SNE, for zero-shot and for the runs: images, recordings, and " +
    "the distances of pairs. Writes results.json and table.md; 'deno task report' draws it.",
  options: {
    ...modelOptions("runs"),
    pairs: {
      flags: "--pairs <n>",
      help: "the most pairs to draw",
      value: { kind: "whole", least: 3 },
      default: 200,
    },
    perplexity: {
      flags: "--perplexity <n>",
      help: "neighbors in t-SNE; at most a third of the points",
      value: { kind: "whole", least: 1 },
      default: 30,
    },
    words: {
      flags: "--words <words>",
      help: "color pairs by the first of these words in their caption (default: names of hues)",
      value: { kind: "names" },
    },
    seed: {
      flags: "--seed <n>",
      help: "seed of the subset of pairs and of t-SNE",
      value: { kind: "whole", least: 0 },
      default: 1,
    },
  },
  async settings(values: SpaceValues) {
    const { split, pairs, perplexity, seed, words } = values;
    const models = (await withZeroShot(values)).toReversed();
    return { models, split, pairs, seed, perplexity, words: words ?? [...HUES] };
  },
  folderName: ({ models }) => modelFolderName("space", models.at(-1)!),
  schemas: SPACE_SCHEMAS,
  async run(settings, context) {
    const { runSpace } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runSpace(settings, context);
  },
};
