/**
 * The gradient of the loss at every trained parameter, from the whole batch at once.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { brewClipLoss, type LossTerms } from "../losses/brewclip_loss.ts";
import { type BrewClip, encodePictures, encodeSpeech, type Speech } from "../systems/brewclip.ts";
import { LOG_TEMPERATURE } from "../systems/parameters.ts";

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

/** The loss's terms and the gradient of the loss at every trained parameter, by name. The tensors are the caller's. */
export interface LossAndGradients {
  /** Scalars. */
  losses: LossTerms;
  /** Each of its parameter's shape. */
  gradients: Map<string, tf.Tensor>;
}

/**
 * The parameters of a model that are trained, by name.
 *
 * @throws {RangeError} where the model has nothing to train.
 */
export function trainedParameters(
  { variant, parameters }: BrewClip,
  frozen: readonly string[] = [],
): { trained: [name: string, parameter: tf.Variable][]; logTemperature: tf.Variable } {
  const trained = [...parameters].filter(([name]) => !frozen.includes(name));
  const logTemperature = parameters.get(LOG_TEMPERATURE);
  if (trained.length === 0 || logTemperature === undefined) {
    throw new RangeError(`Cannot train variant '${variant}' as it has no parameters`);
  }
  return { trained, logTemperature };
}

/**
 * The loss of a batch and its gradient at every trained parameter. All pairs are held at once; see `micro_batches.ts` for
 * batches that are too large for that.
 *
 * @throws {RangeError} where the model has nothing to train, or the batch lacks what the variant needs.
 */
export function lossAndGradients(
  model: BrewClip,
  batch: PairBatch,
  { alpha, frozen, dropoutSeed }: GradientOptions = {},
): LossAndGradients {
  const { trained, logTemperature } = trainedParameters(model, frozen);
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
