/**
 * A model that an experiment looks at: a trained run, or what needs no training.
 *
 * @module
 */
import type { Split } from "../../data/pair.ts";
import { exists } from "../../files/read.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { openRun, runFolder } from "../../training/run_folder.ts";
import { ensureRun } from "../train_run.ts";
import { type OpenTrained, openWithModel } from "../job.ts";
import type { Report } from "../report.ts";
import { nameOf } from "../table.ts";

/** A model and the data that it is looked at with. */
export interface ModelChoice {
  /** The settings in force: the run's, on other data perhaps. */
  config: RunConfig;
  /** The run; null for a variant that is not trained. */
  run: {
    /** Its folder. */
    path: string;
    /** As it was trained; where its checkpoint is gone it is trained so again. */
    config: RunConfig;
    /** Which of its checkpoints. */
    checkpoint: "best" | "last";
  } | null;
}

/** What {@link openChoice} needs to know. */
export interface OpenChoiceOptions {
  /** The split that is wanted. */
  split: Split;
  /** Takes lines and progress. */
  report: Report;
  /** Stops training and hearing. */
  signal?: AbortSignal | undefined;
}

/** What a model is called in tables and on pages. */
export function choiceName({ config: { variant }, run }: ModelChoice): string {
  const name = nameOf({ variant, trained: run !== null });
  return run === null ? name : `${name}, ${run.path}`;
}

/**
 * Opens the data and the model.
 *
 * @param folder where inputs that are left out are listed
 * @throws {InputError} if the run, the data set or a model is at fault.
 * @throws the signal's reason, if it was aborted.
 */
export async function openChoice(
  { config, run }: ModelChoice,
  folder: string,
  { split, report, signal }: OpenChoiceOptions,
): Promise<OpenTrained> {
  const trained = VARIANTS[config.variant].prompts ? run : null;
  if (trained !== null && !await exists(runFolder(trained.path)[trained.checkpoint])) {
    await ensureRun(trained.config, trained.path, { report, signal });
  }
  const checkpoint = trained === null ? undefined : (await openRun(trained.path)).folder[trained.checkpoint];
  return await openWithModel(config, runFolder(folder), checkpoint, { splits: [split], report, signal });
}
