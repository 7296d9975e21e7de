/**
 * The work of a run, tried for a few steps: real pictures, real towers, the real batch. Nothing is written.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Clip } from "../../clip/clip.ts";
import { InputError } from "../../errors.ts";
import type { AcousticConfig } from "../../systems/acoustic_config.ts";
import {
  type BrewClip,
  createBrewClip,
  disposeBrewClip,
  encodePictures,
  encodeSpeech,
} from "../../systems/brewclip.ts";
import { LOG_TEMPERATURE } from "../../systems/parameters.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { type Batch, type Example, type Pictures, readBatch } from "../../training/examples.ts";
import { Adam } from "../../training/optimizer.ts";
import { trainingStep } from "../../training/loop.ts";
import type { Report } from "../report.ts";

/** Steps that are timed. */
export const TIMED_STEPS = 10;

/** Pairs of the two small steps from which the memory of a large one is told. */
const SMALL: readonly [number, number] = [2, 4];

/** What the work is done with. */
export interface Work {
  /** The settings. */
  config: RunConfig;
  /** The frozen towers. */
  clip: Clip;
  /** Sizes of the acoustic branch. */
  acoustic: AcousticConfig;
  /** Some of the train split, with speech. */
  examples: readonly Example[];
  /** Reads the pictures. */
  pictures: Pictures;
  /** Takes lines and progress. */
  report: Report;
  /** Stops between two steps. */
  signal?: AbortSignal | undefined;
}

/** Runs `use` with a fresh model of the run's variant. */
export async function withModel<T>({ config, clip, acoustic }: Work, use: (model: BrewClip) => Promise<T>): Promise<T> {
  const model = createBrewClip(config.variant, clip, acoustic, config.seed);
  try {
    return await use(model);
  } finally {
    disposeBrewClip(model);
  }
}

/** Bytes of tensors that a step holds at its peak, told from two small steps; undefined where nothing is trained. */
export async function stepBytes(work: Work): Promise<number | undefined> {
  const { config } = work;
  if (!VARIANTS[config.variant].prompts) return undefined;
  const optimizer = new Adam();
  const [low, high] = await withModel(work, async (model) => {
    const peaks: number[] = [];
    for (const pairs of SMALL) {
      const batch = await batchOf(work, 0, pairs);
      peaks.push((await tf.profile(() => takeStep(model, batch, optimizer, config, 1))).peakBytes);
    }
    return peaks as [number, number];
  }).finally(() => optimizer.dispose());
  const held = Math.min(config.batchSize, config.microBatch ?? config.batchSize);
  return Math.max(low, low + (held - SMALL[0]) * (high - low) / (SMALL[1] - SMALL[0]));
}

/**
 * Takes the first steps of the training.
 *
 * @returns the seconds of each, with the reading of its pictures; none where nothing is trained
 */
export async function timeSteps(work: Work): Promise<number[]> {
  const { config, report, signal } = work;
  if (!VARIANTS[config.variant].prompts) return [];
  const count = Math.min(TIMED_STEPS, config.steps);
  const progress = report.progress("try", count, "step");
  const optimizer = new Adam({ weightDecay: config.weightDecay });
  try {
    return await withModel(work, async (model) => {
      const seconds: number[] = [];
      for (let step = 1; step <= count; step++) {
        signal?.throwIfAborted();
        const start = performance.now();
        const batch = await batchOf(work, (step - 1) * config.batchSize, config.batchSize);
        await takeStep(model, batch, optimizer, config, step);
        seconds.push((performance.now() - start) / 1000);
        progress.update(step);
      }
      return seconds;
    });
  } finally {
    progress.stop();
    optimizer.dispose();
  }
}

/** Seconds of the evaluation of one picture and of one recording. */
export async function timeEvaluation(work: Work): Promise<{ picture: number; recording: number }> {
  const batch = await batchOf(work, 0, Math.min(16, work.examples.length));
  const timed = async (encode: () => tf.Tensor): Promise<number> => {
    const start = performance.now();
    const features = tf.tidy(encode);
    await features.data();
    features.dispose();
    return (performance.now() - start) / 1000 / batch.pixels.length;
  };
  try {
    return await withModel(work, async (model) => ({
      picture: await timed(() => encodePictures(model, batch.pixels)),
      recording: await timed(() => encodeSpeech(model, batch).speech),
    }));
  } finally {
    batch.dispose();
  }
}

/** The examples from a place on, starting again at the first after the last. */
async function batchOf({ examples, pictures }: Work, from: number, size: number): Promise<Batch> {
  const chosen = Array.from({ length: size }, (_, i) => examples[(from + i) % examples.length] as Example);
  const batch = await readBatch(chosen, pictures);
  if (batch !== undefined) return batch;
  throw new InputError(`Cannot time a step as none of ${chosen.length} pictures can be read: check the data set.`);
}

async function takeStep(
  model: BrewClip,
  batch: Batch,
  optimizer: Adam,
  config: RunConfig,
  step: number,
): Promise<void> {
  const { alpha, clipNorm, microBatch, temperature, acoustic: { dropout } } = config;
  try {
    const { losses, gradientNorm } = trainingStep(model, batch, optimizer, {
      learningRate: config.finalLearningRate,
      alpha,
      clipNorm,
      microBatch,
      frozen: temperature === "fixed" ? [LOG_TEMPERATURE] : [],
      dropoutSeed: dropout > 0 ? `${config.seed}:${step}` : undefined,
    });
    await losses.loss.data();
    tf.dispose([...Object.values(losses), gradientNorm]);
  } finally {
    batch.dispose();
  }
}
