/**
 * One training step.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/patches.ts";
import { brewClipLoss, type LossTerms } from "../losses/brewclip_loss.ts";
import { type BrewClip, encodePictures, encodeSpeech, type Speech } from "../model/brewclip.ts";
import { LOG_TEMPERATURE } from "../model/parameters.ts";
import { type Adam, clipByNorm } from "./optimizer.ts";

/** A batch of N pairs; row i of every part belongs to pair i. */
export interface PairBatch extends Speech {
  /** The pictures. */
  pixels: Pixels;
  /** The picture of each pair; other pairs of the same one are no negatives. Default all differ. */
  imageIds?: readonly (string | number)[] | undefined;
}

/** How gradients are made. */
export interface GradientOptions {
  /** Weight of the inner loss. Default 0.1 (paper, section 3). */
  alpha?: number | undefined;
  /** Parameters that stay as they are, as `["log_temperature"]`. Default none. */
  frozen?: readonly string[] | undefined;
  /** Drops out, repeatably; a fresh one for each step. Default no dropout. */
  dropoutSeed?: number | string | undefined;
}

/** How a step is taken. */
export interface StepOptions extends GradientOptions {
  /** The step's learning rate. */
  learningRate: number;
  /** The gradient's norm is clipped to this. Default 4 (paper, section 4). */
  clipNorm?: number | undefined;
}

/** The temperature is kept within these bounds. */
const [COLDEST, WARMEST] = [0.01, 1];

/**
 * The loss of a batch and its gradient at every trained parameter, by name. The tensors are the caller's.
 *
 * @throws {RangeError} where the model has nothing to train, or the batch lacks what the variant needs.
 */
export function lossAndGradients(
  model: BrewClip,
  batch: PairBatch,
  { alpha, frozen = [], dropoutSeed }: GradientOptions = {},
): { losses: LossTerms; gradients: Map<string, tf.Tensor> } {
  const trained = [...model.parameters].filter(([name]) => !frozen.includes(name));
  const logTemperature = model.parameters.get(LOG_TEMPERATURE);
  if (trained.length === 0 || logTemperature === undefined) {
    throw new RangeError(`Cannot train variant '${model.variant}' as it has no parameters`);
  }
  let losses: LossTerms | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const image = encodePictures(model, batch.pixels);
    const speech = encodeSpeech(model, batch, { dropoutSeed });
    losses = brewClipLoss({ image, ...speech }, logTemperature, { alpha, imageIds: batch.imageIds });
    for (const term of Object.values(losses)) tf.keep(term);
    return losses.loss;
  }, trained.map(([, variable]) => variable));
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of trained) {
    const gradient = grads[variable.name];
    if (gradient !== undefined) gradients.set(name, gradient);
  }
  return { losses: { ...losses as LossTerms, loss: value }, gradients };
}

/**
 * One step: loss, gradient, clipping, Adam; then the temperature is brought back into [0.01, 1]. Nothing is read back: the
 * losses and the norm of the gradient before clipping are scalars, which the caller reads when it likes and disposes.
 */
export function trainingStep(
  model: BrewClip,
  batch: PairBatch,
  optimizer: Adam,
  options: StepOptions,
): { losses: LossTerms; gradientNorm: tf.Scalar } {
  const { losses, gradients } = lossAndGradients(model, batch, options);
  const clipped = clipByNorm(gradients, options.clipNorm ?? 4);
  optimizer.apply(model.parameters, clipped.gradients, options.learningRate);
  tf.dispose([...gradients.values(), ...clipped.gradients.values()]);
  const logTemperature = model.parameters.get(LOG_TEMPERATURE) as tf.Variable;
  tf.tidy(() => logTemperature.assign(tf.clipByValue(logTemperature, Math.log(COLDEST), Math.log(WARMEST))));
  return { losses, gradientNorm: clipped.norm };
}
