/**
 * One training step.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { LossTerms } from "../losses/brewclip_loss.ts";
import type { BrewClip } from "../systems/brewclip.ts";
import { LOG_TEMPERATURE } from "../systems/parameters.ts";
import { type GradientOptions, lossAndGradients, type PairBatch } from "./gradients.ts";
import { cachedGradients } from "./micro_batches.ts";
import { type Adam, clipByNorm } from "./optimizer.ts";

/** How a step is taken. */
export interface StepOptions extends GradientOptions {
  /** The step's learning rate. */
  learningRate: number;
  /** The gradient's norm is clipped to this. Default 4 (paper, section 4). */
  clipNorm?: number | undefined;
  /** So many pairs are held at once; see `micro_batches.ts`. Default null: the whole batch. */
  microBatch?: number | null | undefined;
}

/** The temperature is kept within these bounds. */
const [COLDEST, WARMEST] = [0.01, 1];

/**
 * One step: loss, gradient, clipping, Adam; then the temperature is brought back into [0.01, 1]. Nothing is read back: the
 * losses and the norm of the gradient before clipping are scalars, which the caller reads when it likes and disposes.
 *
 * @throws {RangeError} where the model has nothing to train, or the batch lacks what the variant needs.
 */
export function trainingStep(
  model: BrewClip,
  batch: PairBatch,
  optimizer: Adam,
  options: StepOptions,
): { losses: LossTerms; gradientNorm: tf.Scalar } {
  const { microBatch } = options;
  const { losses, gradients } = typeof microBatch === "number"
    ? cachedGradients(model, batch, { ...options, microBatch })
    : lossAndGradients(model, batch, options);
  const clipped = clipByNorm(gradients, options.clipNorm ?? 4);
  optimizer.apply(model.parameters, clipped.gradients, options.learningRate);
  tf.dispose([...gradients.values(), ...clipped.gradients.values()]);
  const logTemperature = model.parameters.get(LOG_TEMPERATURE) as tf.Variable;
  tf.tidy(() => logTemperature.assign(tf.clipByValue(logTemperature, Math.log(COLDEST), Math.log(WARMEST))));
  return { losses, gradientNorm: clipped.norm };
}
