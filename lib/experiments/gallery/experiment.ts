/**
 * `gallery`: queries with what each model answers to them (paper, Figures 3, 4 and 6 to 8).
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import { lazily } from "../../lazily.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import {
  besideZeroShot,
  choiceOf,
  choiceOptions,
  type ChoiceValues,
  modelFolderName,
  modelOptions,
  type ModelValues,
} from "../options.ts";
import {
  type Choice,
  choice,
  type ModelChoice,
  modelChoice,
  name,
  positive,
  type RankedModel,
  rankedModel,
  real,
  type ShownRecording,
  shownRecordingSchema,
  split,
  type SplitSize,
  splitSize,
} from "../qualitative/settings.ts";

/** What is shown. */
export interface GallerySettings {
  /** The models, all on the data of the first; the worst queries are the first one's. */
  models: ModelChoice[];
  /** The split. */
  split: Split;
  /** Which queries. */
  choice: Choice;
  /** Answers of each model to each query. */
  top: number;
}

/** An item that a model found. */
export interface GalleryHit {
  /** The image's name, or the pair's for a recording. */
  id: string;
  /** Cosine of the features. */
  similarity: number;
}

/** A model's answer to a query. */
export interface GalleryAnswer {
  /** Rank of the right item; the best if there are several. */
  rank: number;
  /** Its similarity. */
  similarity: number;
  /** The items with the highest similarities. */
  top: GalleryHit[];
}

/** A query. */
export interface GalleryQuery {
  /** A recording asks for its image, or an image for one of its recordings. */
  direction: "speech2image" | "image2speech";
  /** The pair's name, or the image's. */
  id: string;
  /** The answer of each model, in the order of {@link GalleryResult.models}. */
  answers: GalleryAnswer[];
}

/** What was found. */
export interface GalleryResult {
  /** What it is of. */
  of: SplitSize;
  /** The folder that files are relative to. */
  dataFolder: string;
  /** The models. */
  models: RankedModel[];
  /** Queries of both ways. */
  queries: GalleryQuery[];
  /** File of each image that is named. */
  pictures: Record<string, string>;
  /** Each recording that is named. */
  recordings: Record<string, ShownRecording>;
}

const hit = z.strictObject({ id: name, similarity: real });

/** The schemas of `results.json`. */
export const GALLERY_SCHEMAS: { settings: PartSchema<GallerySettings>; result: PartSchema<GalleryResult> } = {
  settings: z.strictObject({ models: z.array(modelChoice).min(1), split, choice, top: positive }),
  result: z.strictObject({
    of: z.strictObject(splitSize),
    dataFolder: name,
    models: z.array(z.strictObject(rankedModel)).min(1),
    queries: z.array(
      z.strictObject({
        direction: z.enum(["speech2image", "image2speech"]),
        id: name,
        answers: z.array(z.strictObject({ rank: positive, similarity: real, top: z.array(hit) })),
      }),
    ),
    pictures: z.record(z.string(), name),
    recordings: z.record(z.string(), shownRecordingSchema),
  }),
};

/** Queries with what each model answers to them. */
export const gallery: Experiment<GallerySettings, GalleryResult> = {
  name: "gallery",
  summary:
    "Chosen, worst or random queries both ways: caption and transcript, the first answers of each run and of zero-shot with " +
    "their similarities, and the rank of the right one. Writes results.json, table.md and gallery.html.",
  options: {
    ...modelOptions("runs"),
    ...choiceOptions(6),
    top: { flags: "--top <n>", help: "answers that are shown", value: { kind: "whole", least: 1 }, default: 5 },
  },
  async settings(values: ModelValues & ChoiceValues & { top: number }) {
    const { split, top } = values;
    return { models: await besideZeroShot(values), split, choice: choiceOf(values, 6), top };
  },
  folderName: ({ models }) => modelFolderName("gallery", models[0]!),
  schemas: GALLERY_SCHEMAS,
  async run(settings, context) {
    const { runGallery } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runGallery(settings, context);
  },
};
