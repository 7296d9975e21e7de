/**
 * A trained run, opened for an experiment: its data and its best model.
 *
 * @module
 */
import { type BrewClip, createBrewClip, disposeBrewClip } from "../systems/brewclip.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { restore } from "../training/checkpoint.ts";
import { openRun, type RunFolder } from "../training/run_folder.ts";
import { type OpenJob, openJob, type OpenJobOptions } from "./open_job.ts";
import { acousticOf, identityOf } from "../training/run_model.ts";

/** A job with its model; both are freed when it is disposed of. */
export interface OpenTrained extends AsyncDisposable {
  /** Data and frozen towers. */
  job: OpenJob;
  /** The model with its trained parameters. */
  model: BrewClip;
  /** Steps of the checkpoint; 0 for a variant that is not trained. */
  step: number;
}

/** What is opened. */
export interface OpenTrainedOptions extends OpenJobOptions {
  /** Settings that differ from the run's: another data set, another fit of the pictures. */
  changes?: Partial<RunConfig>;
  /** Which checkpoint. Default the best on dev. */
  checkpoint?: "best" | "last";
}

/** Where data and models stand and tensors are computed: what may differ from a run's own settings at any time. */
export function placesOf({ dataRoot, clip, whisper, backend, cache }: RunConfig): Partial<RunConfig> {
  return { dataRoot, clip, whisper, backend, cache };
}

/**
 * Opens a run's folder.
 *
 * @throws {InputError} where the run or its checkpoint is missing, or the data set or a model is at fault.
 */
export async function openTrained(path: string, options: OpenTrainedOptions): Promise<OpenTrained> {
  const { changes = {}, checkpoint = "best", ...rest } = options;
  const { folder, config } = await openRun(path);
  const file = VARIANTS[config.variant].prompts ? folder[checkpoint] : undefined;
  return await openModel({ ...config, ...changes }, folder, file, rest);
}

/**
 * Opens data and a model of these settings.
 *
 * @param folder where inputs that are left out are listed
 * @param checkpoint file of the trained parameters; without it they are as they were drawn
 * @throws {InputError} where the data set, a model or the checkpoint is at fault.
 */
export async function openModel(
  config: RunConfig,
  folder: RunFolder,
  checkpoint: string | undefined,
  options: OpenJobOptions,
): Promise<OpenTrained> {
  const job = await openJob(config, folder, options);
  const model = createBrewClip(config.variant, job.clip, acousticOf(job), config.seed);
  const dispose = async (): Promise<void> => {
    disposeBrewClip(model);
    await job[Symbol.asyncDispose]();
  };
  try {
    const step = checkpoint ? (await restore({ model, identity: identityOf(job, model) }, checkpoint)).step : 0;
    return { job, model, step, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
