/**
 * `attention` for the registry.
 *
 * @module
 */
import { lazily } from "../../lazily.ts";
import type { Experiment } from "../experiment.ts";
import {
  choiceOf,
  choiceOptions,
  type ChoiceValues,
  modelFolderName,
  modelOptions,
  modelsOf,
  type ModelValues,
} from "../options.ts";
import { stoppedBy } from "../report.ts";
import { ATTENTION_SCHEMAS, type AttentionResult, type AttentionSettings } from "./attention_results.ts";

/** What the similarity of a pair rests on. */
export const attention: Experiment<AttentionSettings, AttentionResult> = {
  name: "attention",
  summary:
    "Maps by gradients at the penultimate layer of each tower: which patches of the picture, which words and which " +
    "stretches of the sound the similarity of a pair rests on. Writes results.json, table.md and attention.html.",
  options: { ...modelOptions("one run"), ...choiceOptions(4) },
  async settings(values: ModelValues & ChoiceValues) {
    const [model] = await modelsOf(values);
    return { model: model!, split: values.split, choice: choiceOf(values, 4) };
  },
  folderName: ({ model }) => modelFolderName("attention", model),
  schemas: ATTENTION_SCHEMAS,
  async run(settings, context) {
    const { attentionExperiment } = await lazily<typeof import("./attention.ts")>("./attention.ts", import.meta.url);
    return await attentionExperiment(settings, context.folder, context) ?? stoppedBy(context);
  },
};
