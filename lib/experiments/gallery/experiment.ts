/** `gallery`: queries with the answers of each model (paper, Figures 3, 4 and 6 to 8). */
import { z } from "zod";
import type { Split } from "../../data/pair.ts";
import { lazily } from "../../lazily.ts";
import type { Experiment, PartSchema } from "../experiment.ts";
import {
  choiceOf,
  choiceOptions,
  type ChoiceValues,
  modelFolderName,
  modelOptions,
  type ModelValues,
  withZeroShot,
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

/** Which queries are shown, and the answers of which models. */
export type GallerySettings = {
  /** All on the data of the first, whose worst queries `choice` finds. */
  models: ModelChoice[];
  split: Split;
  choice: Choice;
  /** How many answers of each model are shown. */
  top: number;
};

/** An image or a recording that a model found, with the cosine of its feature and the query's. */
export type GalleryHit = { id: string; similarity: number };

/** A model's answer to a query: its best hits, and the rank of the right item (of several, the best one). */
export type GalleryAnswer = { rank: number; similarity: number; top: GalleryHit[] };

/** A query. */
export type GalleryQuery = {
  direction: "speech2image" | "image2speech";
  /** The name of the pair (speech2image) or of the image. */
  id: string;
  /** One for each of {@link GalleryResult.models}. */
  answers: GalleryAnswer[];
};

/** The answers of all models, with the files and texts that a page shows. */
export type GalleryResult = {
  of: SplitSize;
  /** The folder that file names are relative to. */
  dataFolder: string;
  models: RankedModel[];
  queries: GalleryQuery[];
  /** File of each image that is shown. */
  pictures: Record<string, string>;
  recordings: Record<string, ShownRecording>;
};

const hit = z.strictObject({ id: name, similarity: real });

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

/** Queries with the answers of each model. */
export const gallery: Experiment<GallerySettings, GalleryResult> = {
  name: "gallery",
  summary:
    "Show chosen, worst or random queries in both directions: caption and transcript, the first answers of each run and of zero-shot with " +
    "their similarities, and the rank of the right one. Writes results.json, table.md and gallery.html.",
  options: {
    ...modelOptions("runs"),
    ...choiceOptions(6),
    top: { flags: "--top <n>", help: "answers that are shown", value: { kind: "whole", least: 1 }, default: 5 },
  },
  async settings(values: ModelValues & ChoiceValues & { top: number }) {
    const { split, top } = values;
    return { models: await withZeroShot(values), split, choice: choiceOf(values, 6), top };
  },
  folderName: ({ models }) => modelFolderName("gallery", models[0]!),
  schemas: GALLERY_SCHEMAS,
  async run(settings, context) {
    const { runGallery } = await lazily<typeof import("./run.ts")>("./run.ts", import.meta.url);
    return await runGallery(settings, context);
  },
};
