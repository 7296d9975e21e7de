/**
 * What `attention` does, loaded when it is asked for.
 *
 * @module
 */
import type { Split } from "../data/pair.ts";
import { attentionExperiment } from "../experiments/attention/attention.ts";
import { attentionPage } from "../experiments/attention/attention_page.ts";
import { ATTENTION_SCHEMAS, type AttentionSettings } from "../experiments/attention/attention_results.ts";
import { attentionTable } from "../experiments/attention/attention_table.ts";
import { readSettings } from "../experiments/experiment_file.ts";
import { choiceOf, modelsOf, type QualitativeOptions } from "./qualitative_options.ts";
import { runQualitative } from "./run_qualitative.ts";

/**
 * Makes the maps.
 *
 * @throws {InputError} where data, a model, the run or the file to repeat is at fault.
 */
export async function attentionFromOptions(options: QualitativeOptions): Promise<"complete" | "interrupted"> {
  const { from, out } = options;
  const settings = from === undefined ? await asked(options) : await readSettings(from, "attention", ATTENTION_SCHEMAS);
  return await runQualitative("attention", settings, [settings.model], out, {
    experiment: attentionExperiment,
    table: attentionTable,
    page: attentionPage,
  });
}

async function asked(options: QualitativeOptions): Promise<AttentionSettings> {
  const [model] = await modelsOf(options);
  const choice = choiceOf(options, { by: "random", count: 4, seed: 0 });
  return { model: model!, split: options.split as Split, choice };
}
