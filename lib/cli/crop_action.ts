/**
 * What `crop` does, loaded when it is asked for.
 *
 * @module
 */
import type { Split } from "../data/pair.ts";
import { cropExperiment } from "../experiments/crop/crop.ts";
import { cropPage } from "../experiments/crop/crop_page.ts";
import { CROP_SCHEMAS, type CropSettings } from "../experiments/crop/crop_results.ts";
import { cropTable } from "../experiments/crop/crop_table.ts";
import { readSettings } from "../experiments/experiment_file.ts";
import type { CropOptions } from "./crop.ts";
import { modelsOf } from "./qualitative_options.ts";
import { runQualitative } from "./run_qualitative.ts";

/**
 * Compares the fits.
 *
 * @throws {InputError} where data, a model, the run or the file to repeat is at fault.
 */
export async function cropFromOptions(options: CropOptions): Promise<"complete" | "interrupted"> {
  const { from, out } = options;
  const settings = from === undefined ? await asked(options) : await readSettings(from, "crop", CROP_SCHEMAS);
  return await runQualitative("crop", settings, [settings.model], out, {
    experiment: cropExperiment,
    table: cropTable,
    page: cropPage,
  });
}

async function asked(options: CropOptions): Promise<CropSettings> {
  const [model] = await modelsOf(options);
  return { model: model!, split: options.split as Split, top: options.top };
}
