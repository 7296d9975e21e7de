/**
 * `space`: where images and recordings lie in the joint space.
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import { lazily } from "../../lazily.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import { besideZeroShot, modelFolderName, modelOptions, type ModelValues } from "../options.ts";
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
export interface SpaceSettings {
  /** The models; each has a map of its own. */
  models: ModelChoice[];
  /** The split. */
  split: Split;
  /** The most pairs (an image and one of its recordings) that are drawn; if there are more, they are chosen at random. */
  pairs: number;
  /** Seed of that choice and of t-SNE. */
  seed: number;
  /** Neighbours that t-SNE looks at. */
  perplexity: number;
  /** A pair is coloured by the first of these words in its caption, or by emotion if the data set has emotions. */
  words: string[];
}

/** A point in two dimensions. */
export type Point = [x: number, y: number];

/** An image and one of its recordings. */
export interface SpacePair {
  /** The recording's name. */
  id: string;
  /** The image's name. */
  imageId: string;
  /** What it is coloured by; null if its caption has none of the words. */
  label: string | null;
}

/** Points of images and recordings, in the order of the pairs. */
export interface SpaceMap {
  /** Of the images. */
  pictures: Point[];
  /** Of the recordings. */
  recordings: Point[];
  /** Trustworthiness of the 10 nearest neighbours, 1 if the map invents none. */
  trustworthiness: number;
}

/** The space of a model. */
export interface SpaceModel extends RankedModel {
  /** Distance between the mean image feature and the mean speech feature, all L2-normalized. */
  modalityGap: number;
  /** Mean distance of an image and its own recording. */
  pairDistance: number;
  /** Mean distance of an image and another's recording. */
  otherDistance: number;
  /** Shares of the variance along the axes of `pca`. */
  explained: Point;
  /** By principal components. */
  pca: SpaceMap;
  /** By t-SNE. */
  tsne: SpaceMap;
}

/** What was found. */
export interface SpaceResult {
  /** The whole split; `pairs` of it are drawn. */
  of: SplitSize;
  /** What the labels are. */
  labelledBy: "mood" | "word";
  /** The pairs that are drawn. */
  pairs: SpacePair[];
  /** A map of each model. */
  models: SpaceModel[];
}

/** Names of hues, the default of {@link SpaceSettings.words}. */
export const HUES: readonly string[] = [
  "red",
  "orange",
  "yellow",
  "green",
  "blue",
  "purple",
  "pink",
  "brown",
  "black",
  "white",
];

const point = z.tuple([z.number(), z.number()]);
const map = z.strictObject({ pictures: z.array(point), recordings: z.array(point), trustworthiness: real });

/** The schemas of `results.json`. */
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
    "how far pairs are apart. Writes results.json and table.md; 'deno task report' draws it.",
  options: {
    ...modelOptions("runs"),
    pairs: {
      flags: "--pairs <n>",
      help: "the most pairs that are drawn",
      value: { kind: "whole", least: 3 },
      default: 200,
    },
    perplexity: {
      flags: "--perplexity <n>",
      help: "neighbours in t-SNE; at most a third of the points",
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
    const models = (await besideZeroShot(values)).toReversed();
    return { models, split, pairs, seed, perplexity, words: words ?? [...HUES] };
  },
  folderName: ({ models }) => modelFolderName("space", models.at(-1)!),
  schemas: SPACE_SCHEMAS,
  async run(settings, context) {
    const { runSpace } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runSpace(settings, context);
  },
};
