/**
 * `gallery` for the registry.
 *
 * @module
 */
import { lazily } from "../../lazily.ts";
import type { Experiment } from "../experiment.ts";
import { stoppedBy } from "../report.ts";
import {
  besideZeroShot,
  choiceOf,
  choiceOptions,
  type ChoiceValues,
  modelFolderName,
  modelOptions,
  type ModelValues,
} from "../options.ts";
import { GALLERY_SCHEMAS, type GalleryResult, type GallerySettings } from "./gallery_results.ts";

/** Queries with what each model answers to them. */
export const gallery: Experiment<GallerySettings, GalleryResult> = {
  name: "gallery",
  summary:
    "Chosen, worst or random queries both ways: what was said and heard, the first answers of each run and of zero-shot with " +
    "their similarities, and the place of the right one. Writes results.json, table.md and gallery.html.",
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
    const { galleryExperiment } = await lazily<typeof import("./gallery.ts")>("./gallery.ts", import.meta.url);
    return await galleryExperiment(settings, context.folder, context) ?? stoppedBy(context);
  },
};
