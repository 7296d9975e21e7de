/**
 * `results.json` of the gallery.
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import type { PartSchema } from "../experiment_file.ts";
import type { Choice } from "../qualitative/choose.ts";
import type { ShownRecording } from "../qualitative/items.ts";
import type { ModelChoice } from "../qualitative/model_choice.ts";
import type { SplitRecall } from "../evaluate.ts";
import { choice, count, errors, modelChoice, name, place, real, recall, split } from "../qualitative/schemas.ts";

/** What is shown. */
export interface GallerySettings {
  /** The models beside one another, all on the data of the first; the worst queries are the first one's. */
  models: ModelChoice[];
  /** The split. */
  split: Split;
  /** Which queries. */
  choice: Choice;
  /** Answers of each model to each query. */
  top: number;
}

/** A model of the gallery. */
export interface GalleryModel {
  /** What it is called. */
  name: string;
  /** Its variant. */
  variant: string;
  /** Folder of its run; null for a variant that is not trained. */
  run: string | null;
  /** Steps of its checkpoint. */
  step: number;
  /** Its recall on the whole split. */
  recall: SplitRecall;
}

/** An item that a model found. */
export interface GalleryHit {
  /** The picture's name, or the pair's of a recording. */
  id: string;
  /** Cosine of the features. */
  similarity: number;
}

/** What a model answers to a query. */
export interface GalleryAnswer {
  /** Place of the right item; of several right ones the best. */
  rank: number;
  /** Its similarity. */
  similarity: number;
  /** The items in the first places. */
  top: GalleryHit[];
}

/** A query. */
export interface GalleryQuery {
  /** A recording asks for its picture, or a picture for one of its recordings. */
  direction: "speech2image" | "image2speech";
  /** The pair's name, or the picture's. */
  id: string;
  /** An answer a model, in the order of {@link GalleryResult.models}. */
  answers: GalleryAnswer[];
}

/** What was found. */
export interface GalleryResult {
  /** What it is of. */
  of: { dataset: string; split: string; pictures: number; recordings: number };
  /** The folder that files are named from. */
  dataFolder: string;
  /** The models. */
  models: GalleryModel[];
  /** Queries of both ways. */
  queries: GalleryQuery[];
  /** File of each picture that is named. */
  pictures: Record<string, string>;
  /** Each recording that is named. */
  recordings: Record<string, ShownRecording>;
}

const hit = z.strictObject({ id: name, similarity: real });

/** Checks of the two parts of the file. */
export const GALLERY_SCHEMAS: { settings: PartSchema<GallerySettings>; result: PartSchema<GalleryResult> } = {
  settings: z.strictObject({ models: z.array(modelChoice).min(1), split, choice, top: place }),
  result: z.strictObject({
    of: z.strictObject({ dataset: name, split: name, pictures: count, recordings: count }),
    dataFolder: name,
    models: z.array(z.strictObject({ name, variant: name, run: name.nullable(), step: count, recall })).min(1),
    queries: z.array(
      z.strictObject({
        direction: z.enum(["speech2image", "image2speech"]),
        id: name,
        answers: z.array(z.strictObject({ rank: place, similarity: real, top: z.array(hit) })),
      }),
    ),
    pictures: z.record(z.string(), name),
    recordings: z.record(
      z.string(),
      z.strictObject({
        file: name,
        imageId: name,
        transcript: z.string(),
        reference: z.string(),
        errors: errors.nullable(),
      }),
    ),
  }),
};
