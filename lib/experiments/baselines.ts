/**
 * What a trained variant must be compared with.
 *
 * @module
 */
import type { Split } from "../data/pair.ts";
import { type BrewClip, createBrewClip, disposeBrewClip } from "../systems/brewclip.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import type { MainJob } from "./main_job.ts";
import { examplesFor, hasCaptions } from "./prepare.ts";
import { evaluateRetrieval, type Evaluation } from "./retrieval.ts";
import { acousticOf } from "../training/run_model.ts";

/** What a run must be compared with. */
export interface Baselines {
  /** Transcripts, no prompts. */
  zeroShot: Evaluation;
  /** Written captions, no prompts; absent where a pair of the split has no written caption. */
  zeroShotCaption?: Evaluation;
  /** Transcripts, prompts as they were drawn: what prompts alone do, without training. */
  control: Evaluation;
}

/** Evaluates what needs no training. */
export async function evaluateBaselines(job: MainJob, split: Split): Promise<Baselines> {
  return {
    zeroShot: await evaluateUntrained(job, "pip-zero-shot", split),
    ...(hasCaptions(job.data.splits[split])
      ? { zeroShotCaption: await evaluateUntrained(job, "pip-zero-shot-gt", split) }
      : {}),
    control: await evaluateUntrained(job, "pip", split),
  };
}

/**
 * Evaluates a variant with the parameters that it starts from.
 *
 * @throws {InputError} where no recording of the split has a picture that can be read.
 */
export async function evaluateUntrained(job: MainJob, variant: Variant, split: Split): Promise<Evaluation> {
  const model = createBrewClip(variant, job.clip, acousticOf(job), job.config.seed);
  try {
    return await evaluateSplit(job, model, split, false);
  } finally {
    disposeBrewClip(model);
  }
}

/** Evaluates a model on a split of the job's data. */
export function evaluateSplit(
  job: MainJob,
  model: BrewClip,
  split: Split,
  trained: boolean,
): Promise<Evaluation> {
  const { config: { dataset }, data: { pictures } } = job;
  const examples = examplesFor(job, split, model.variant);
  return evaluateRetrieval(model, { examples, pictures }, { dataset, split, trained });
}

/** The variant without training that a variant is measured against. */
export function baselineOf(variant: Variant): Variant {
  return VARIANTS[variant].source === "caption" ? "pip-zero-shot-gt" : "pip-zero-shot";
}
