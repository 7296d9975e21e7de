/**
 * `crop` for the registry.
 *
 * @module
 */
import { lazily } from "../../lazily.ts";
import type { Experiment } from "../experiment.ts";
import { modelFolderName, modelOptions, modelsOf, type ModelValues } from "../options.ts";
import { stoppedBy } from "../report.ts";
import { CROP_SCHEMAS, type CropResult, type CropSettings } from "./crop_results.ts";

/** What the centre crop of the images costs. */
export const crop: Experiment<CropSettings, CropResult> = {
  name: "crop",
  summary:
    "Ranks of each query with pictures cropped to their middle, on black bars, and squeezed, sorted by what the crop loses, " +
    "with what it cuts away. Writes results.json, table.md and crop.html.",
  options: {
    ...modelOptions("one run"),
    top: {
      flags: "--top <n>",
      help: "queries each way that are shown",
      value: { kind: "whole", least: 1 },
      default: 12,
    },
  },
  async settings(values: ModelValues & { top: number }) {
    const [model] = await modelsOf(values);
    return { model: model!, split: values.split, top: values.top };
  },
  folderName: ({ model }) => modelFolderName("crop", model),
  schemas: CROP_SCHEMAS,
  async run(settings, context) {
    const { cropExperiment } = await lazily<typeof import("./crop.ts")>("./crop.ts", import.meta.url);
    return await cropExperiment(settings, context.folder, context) ?? stoppedBy(context);
  },
};
