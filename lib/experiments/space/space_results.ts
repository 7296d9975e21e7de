/**
 * `results.json` of the joint space.
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import type { PartSchema } from "../experiment_file.ts";
import type { ModelChoice } from "../qualitative/model_choice.ts";
import type { SplitRecall } from "../evaluate.ts";
import { count, modelChoice, name, place, real, recall, split } from "../qualitative/schemas.ts";

/** What is drawn. */
export interface SpaceSettings {
  /** The models, each with a map of its own. */
  models: ModelChoice[];
  /** The split. */
  split: Split;
  /** Pairs that are drawn at most: a picture and one of its recordings; more are chosen from at random. */
  pairs: number;
  /** Seed of that choice and of t-SNE. */
  seed: number;
  /** Neighbours that t-SNE looks at. */
  perplexity: number;
  /** A pair is coloured by the first of these words that its caption has; by mood where the data set tells moods. */
  words: string[];
}

/** A point in two dimensions. */
export type Point = [x: number, y: number];

/** A picture and one of its recordings. */
export interface SpacePair {
  /** The recording's name. */
  id: string;
  /** The picture's name. */
  imageId: string;
  /** What it is coloured by; null where its caption has none of the words. */
  label: string | null;
}

/** Where a method puts pictures and recordings, in the order of the pairs. */
export interface SpaceMap {
  /** Of the pictures. */
  pictures: Point[];
  /** Of the recordings. */
  recordings: Point[];
  /** Trustworthiness of the 10 nearest neighbours, 1 where the map invents none. */
  trustworthiness: number;
}

/** The space of a model. */
export interface SpaceModel {
  /** Its name. */
  name: string;
  /** Its variant. */
  variant: string;
  /** Folder of its run; null where nothing is trained. */
  run: string | null;
  /** Steps of its checkpoint. */
  step: number;
  /** Recall of the whole split. */
  recall: SplitRecall;
  /** Distance between the mean picture and the mean recording, both of features of length 1. */
  modalityGap: number;
  /** Mean distance of a picture and its own recording. */
  pairDistance: number;
  /** Mean distance of a picture and another's recording. */
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
  /** What it is of: the whole split, of which `pairs` are drawn. */
  of: { dataset: string; split: string; pictures: number; recordings: number };
  /** What the labels are. */
  labelledBy: "mood" | "word";
  /** The pairs that are drawn. */
  pairs: SpacePair[];
  /** A map of each model. */
  models: SpaceModel[];
}

const point = z.tuple([z.number(), z.number()]);
const map = z.strictObject({ pictures: z.array(point), recordings: z.array(point), trustworthiness: real });

/** Checks of the two parts of the file. */
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
    of: z.strictObject({ dataset: name, split: name, pictures: place, recordings: place }),
    labelledBy: z.enum(["mood", "word"]),
    pairs: z.array(z.strictObject({ id: name, imageId: name, label: name.nullable() })),
    models: z.array(z.strictObject({
      name,
      variant: name,
      run: name.nullable(),
      step: count,
      recall,
      modalityGap: real,
      pairDistance: real,
      otherDistance: real,
      explained: point,
      pca: map,
      tsne: map,
    })).min(1),
  }),
};
