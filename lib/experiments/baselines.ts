/** What a run is compared with: the frozen models, and models with their initial values. */
import type { Split } from "../data/pair.ts";
import { disposeModel } from "../systems/system.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { evaluateSplit, type Evaluation, untrainedModel } from "./evaluate.ts";
import type { OpenJob } from "./job.ts";
import { hasCaptions } from "./pairs.ts";

/** What a run is compared with. */
export interface Baselines {
  /** Transcripts, no prompts. */
  zeroShot: Evaluation;
  /** Written captions, no prompts; absent if a pair of the split has none. */
  zeroShotCaption?: Evaluation;
  /** Transcripts, randomly initialized prompts: the effect of prompts alone, without training. BrewCLIP's alone. */
  control?: Evaluation;
  /** The variant with its own initial values, if these are more than the control's prompts. */
  untrained?: Evaluation;
}

export async function evaluateBaselines(job: OpenJob, split: Split, known?: KnownEvaluations): Promise<Baselines> {
  const of = (variant: Variant) => evaluateUntrained(job, variant, split, known);
  return {
    zeroShot: await of("pip-zero-shot"),
    ...(hasCaptions(job.data.splits[split].map(({ pair }) => pair))
      ? { zeroShotCaption: await of("pip-zero-shot-gt") }
      : {}),
    ...(job.config.system === "brewclip" ? { control: await of("pip") } : {}),
    ...(VARIANTS[job.config.variant].acoustic ? { untrained: await of(job.config.variant) } : {}),
  };
}

/** Evaluations of models with their initial parameters, by everything they depend on. The runs of an experiment share them. */
export type KnownEvaluations = Map<string, Evaluation>;

/**
 * Evaluates a variant with its initial parameters.
 *
 * @param known is searched first, and extended
 * @throws {InputError} if no recording of the split has an image that can be read.
 */
export async function evaluateUntrained(
  job: OpenJob,
  variant: Variant,
  split: Split,
  known: KnownEvaluations = new Map(),
): Promise<Evaluation> {
  const key = untrainedKey(job, variant, split);
  const found = known.get(key);
  if (found !== undefined) return found;
  const model = untrainedModel(job, variant);
  try {
    const evaluation = await evaluateSplit(job, model, split, false);
    known.set(key, evaluation);
    return evaluation;
  } finally {
    disposeModel(model);
  }
}

/** What initial parameters do not depend on. */
const OF_TRAINING: ReadonlySet<string> = new Set<keyof RunConfig>([
  "preset",
  "system",
  "variant",
  "dataFingerprint",
  "steps",
  "batchSize",
  "microBatch",
  "groupBatches",
  "learningRate",
  "acousticLearningRate",
  "temperatureLearningRate",
  "finalLearningRate",
  "warmupSteps",
  "acousticWarmupSteps",
  "promptSteps",
  "weightDecay",
  "clipNorm",
  "alpha",
  "queue",
  "temperature",
  "evaluateEvery",
  "saveEvery",
  "cache",
]);

/** Further settings that only a model with parameters has. */
const OF_PARAMETERS: ReadonlySet<string> = new Set<keyof RunConfig>([
  "seed",
  "size",
  "promptLength",
  "loss",
  "prompts",
  "fusion",
  "attendPadding",
  "acousticLayers",
  "acoustic",
]);

function untrainedKey({ config, data }: OpenJob, variant: Variant, split: Split): string {
  const { trained } = VARIANTS[variant];
  const settings = Object.entries(config).filter(([name]) =>
    !OF_TRAINING.has(name) && (trained || !OF_PARAMETERS.has(name))
  );
  const { fingerprint, clipKey, whisperKey, splits } = data;
  const recordings = splits[split].map(({ pair: { id, text }, transcript }) => [id, text, transcript]);
  return JSON.stringify([variant, split, settings, fingerprint, clipKey, whisperKey, recordings]);
}

/** The zero-shot variant that a variant is compared with. */
export function baselineOf(variant: Variant): Variant {
  return VARIANTS[variant].source === "caption" ? "pip-zero-shot-gt" : "pip-zero-shot";
}
