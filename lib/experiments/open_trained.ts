/**
 * A trained run, opened for an experiment: its data and its best model.
 *
 * @module
 */
import type { Split } from "../datasets/pair.ts";
import { type BrewClip, createBrewClip, disposeBrewClip } from "../model/brewclip.ts";
import { VARIANTS } from "../model/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { restore } from "../training/restore.ts";
import { openRun } from "../training/run_folder.ts";
import { type OpenJob, openJob } from "./open_job.ts";
import type { Report } from "./report.ts";
import { acousticOf, identityOf } from "./run_model.ts";

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
export interface OpenTrainedOptions {
  /** The splits that are wanted. */
  splits: readonly Split[];
  /** Takes lines and progress. */
  report: Report;
  /** Settings that differ from the run's: another data set, another fit of the pictures. */
  changes?: Partial<RunConfig>;
  /** Which checkpoint. Default the best on dev. */
  checkpoint?: "best" | "last";
  /** Stops the hearing of recordings. */
  signal?: AbortSignal | undefined;
}

/**
 * Opens a run's folder.
 *
 * @throws {InputError} where the run or its checkpoint is missing, or the data set or a model is at fault.
 */
export async function openTrained(path: string, options: OpenTrainedOptions): Promise<OpenTrained> {
  const { changes = {}, checkpoint = "best", splits, report, signal } = options;
  const { folder, config } = await openRun(path);
  const job = await openJob({ ...config, ...changes }, folder, { splits, report, signal });
  const model = createBrewClip(config.variant, job.clip, acousticOf(job), config.seed);
  const dispose = async (): Promise<void> => {
    disposeBrewClip(model);
    await job[Symbol.asyncDispose]();
  };
  try {
    const trained = VARIANTS[config.variant].prompts;
    const step = trained ? (await restore({ model, identity: identityOf(job, model) }, folder[checkpoint])).step : 0;
    return { job, model, step, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
