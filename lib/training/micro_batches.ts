/**
 * Gradients of a batch that does not fit into memory, with the negatives of the whole batch (cached gradients, Gao et al.
 * 2021).
 */
import * as tf from "@tensorflow/tfjs-core";
import type { TokenIds } from "../clip/text_tower.ts";
import type { Pixels } from "../clip/vision_tower.ts";
import { embedding } from "../runtime/operations.ts";
import { LOG_TEMPERATURE, LOSS_BIAS } from "../systems/parameters.ts";
import { systemOf } from "../systems/registry.ts";
import {
  type Features,
  type Losses,
  type Model,
  type Negatives,
  type Speech,
  trainedParameters,
} from "../systems/system.ts";
import type { PairBatch } from "./examples.ts";

/** Parameters that the loss reads, rather than a feature. */
const DIRECT: readonly string[] = [LOG_TEMPERATURE, LOSS_BIAS];

/** How gradients are computed. */
export interface GradientOptions {
  /** Weight of the inner loss. Default 0.1 (paper, section 3). */
  alpha?: number | undefined;
  /** Names of parameters that are not trained, such as `["log_temperature"]`. Default none. */
  frozen?: readonly string[] | undefined;
  /** Seed of the dropout; use another one for each step. Default no dropout. */
  dropoutSeed?: number | string | undefined;
  /** Seed of what a loss samples; use another one for each step. */
  seed?: number | string | undefined;
  /** Further negatives. Default none. */
  negatives?: Negatives | undefined;
  /** Receives the embeddings of the batch, while they are there. */
  onEmbeddings?: ((embeddings: BatchEmbeddings) => void) | undefined;
}

/** The embeddings of a batch. */
export type BatchEmbeddings = { image: tf.Tensor2D; speech: tf.Tensor2D };

/** The loss's terms and the gradient of the loss at every trained parameter, by name. The caller disposes the tensors. */
export interface LossAndGradients {
  losses: Losses;
  gradients: Map<string, tf.Tensor>;
}

/** Copies the embeddings of a batch, so that they outlive the computation of its gradient. */
export function keptEmbeddings({ image, speech }: BatchEmbeddings): BatchEmbeddings {
  return { image: tf.keep(tf.clone(image)), speech: tf.keep(tf.clone(speech)) };
}

/** A micro-batch of images or recordings: computes their features, which start at row `from` of the batch's features. */
interface Part {
  from: number;
  encode: () => Features;
}

/**
 * The loss of a batch and its gradient at every trained parameter. Up to rounding they equal those of `lossAndGradients`,
 * but only `microBatch` pairs are encoded at once. The first pass computes the features of all micro-batches without a
 * gradient. The loss and its gradient at the features and the temperature come from the whole batch. The second pass
 * encodes each micro-batch again and propagates the features' gradient to the parameters. Dropout is the same in both
 * passes. An image that occurs twice in the batch is encoded once per pass.
 *
 * The price is one more forward pass. Nothing is read back from the device. Batch norms would see micro-batches alone, so
 * systems that have them cannot be split.
 *
 * @param options `microBatch`: pairs that are encoded at once
 * @throws {RangeError} as `lossAndGradients`, and if `microBatch` is not a positive whole number, or the model has batch norms.
 */
export function cachedGradients(
  model: Model,
  batch: PairBatch,
  { microBatch, ...options }: GradientOptions & { microBatch: number },
): LossAndGradients {
  if (!(Number.isInteger(microBatch) && microBatch >= 1)) {
    throw new RangeError(
      `Cannot split a batch as 'microBatch' must be a positive whole number: current value is ${microBatch}`,
    );
  }
  if (model.statistics !== undefined) {
    throw new RangeError(`Cannot split a batch as '${model.variant}' normalizes over it: train without 'microBatch'`);
  }
  const system = systemOf(model);
  const trained = trainedParameters(model, options.frozen);
  const direct = trained.filter(([name]) => DIRECT.includes(name));
  const { pixels } = batch;
  const pairs = rowCount(pixels);
  const different = pixels instanceof tf.Tensor ? pixels : [...new Set(pixels)];
  const rows = pixels instanceof tf.Tensor || rowCount(different) === pairs
    ? undefined
    : pixels.map((image) => (different as Float32Array[]).indexOf(image));
  const seedOf = (i: number) => options.dropoutSeed === undefined ? undefined : `${options.dropoutSeed}:${i}`;
  const parts: Part[] = [
    ...splitRows(rowCount(different), microBatch).map(([from, to]) => ({
      from,
      encode: () => system.encodeImages(model, cutPixels(different, from, to), { training: true }),
    })),
    ...splitRows(pairs, microBatch).map(([from, to], i) => ({
      from,
      encode: () =>
        system.encodeSpeech(model, cutSpeech(batch, pairs, from, to), { training: true, dropoutSeed: seedOf(i) }),
    })),
  ];

  const features = joinedFeatures(parts);
  const names = Object.keys(features);
  const terms = atFeatures(() => {
    const image = rows ? embedding(features.image as tf.Tensor, tf.tensor1d(rows, "int32")) : features.image;
    const pairFeatures = { ...features, image } as Parameters<typeof system.loss>[1];
    const { imageIds, impostors } = batch;
    const { alpha, seed, negatives } = options;
    options.onEmbeddings?.(pairFeatures);
    return system.loss(model, pairFeatures, { alpha, imageIds, impostors, seed, negatives });
  }, [...names.map((name) => features[name] as tf.Tensor), ...direct.map(([, parameter]) => parameter)]);
  tf.dispose(Object.values(features));

  const featureGrads = new Map(names.map((name, i) => [name, terms.gradients[i]]));
  const sums = new Map<string, tf.Tensor>();
  const add = (name: string, gradient: tf.Tensor | null | undefined): void => {
    if (!gradient) return;
    const old = sums.get(name);
    sums.set(name, old ? tf.add(old, gradient) : gradient);
    if (old) tf.dispose([old, gradient]);
  };
  direct.forEach(([name], i) => add(name, terms.gradients[names.length + i]));

  const others = trained.filter(([name]) => !DIRECT.includes(name));
  for (const part of parts) {
    const { value, grads } = tf.engine().gradients(
      () => weightedSum(part, featureGrads),
      others.map(([, parameter]) => parameter),
      undefined,
      true,
    );
    value.dispose();
    others.forEach(([name], i) => add(name, grads[i]));
  }
  for (const grad of featureGrads.values()) grad?.dispose();
  return { losses: terms.losses, gradients: sums };
}

/** The features of all parts, concatenated: `[N, D]` each, or one row per different image. */
function joinedFeatures(parts: readonly Part[]): Features {
  const encoded = parts.map(({ encode }) => tf.tidy(encode));
  const joined: Features = {};
  for (const name of new Set(encoded.flatMap((features) => Object.keys(features)))) {
    const pieces = encoded.flatMap((features) => features[name] ?? []);
    joined[name] = pieces.length === 1 ? tf.clone(pieces[0] as tf.Tensor) : tf.concat(pieces, 0);
  }
  tf.dispose(encoded);
  return joined;
}

/** The loss's terms and the loss's gradient at each input; none if the loss does not depend on it. */
function atFeatures(
  loss: () => Losses,
  inputs: tf.Tensor[],
): { losses: Losses; gradients: (tf.Tensor | null | undefined)[] } {
  let losses: Losses | undefined;
  const { grads } = tf.engine().gradients(
    () => {
      losses = loss();
      for (const term of Object.values(losses)) tf.keep(term);
      return losses.loss;
    },
    inputs,
    undefined,
    true,
  );
  return { losses: losses as Losses, gradients: grads };
}

/** `sum(features * featureGrads)` of one part. Its gradient at a parameter is this part's share of the loss's gradient. */
function weightedSum(
  { encode, from }: Part,
  featureGrads: ReadonlyMap<string, tf.Tensor | null | undefined>,
): tf.Scalar {
  let total: tf.Tensor | undefined;
  for (const [name, feature] of Object.entries(encode())) {
    const grad = featureGrads.get(name);
    if (!grad) continue;
    const partGrad = tf.slice(grad, [from, 0], feature.shape as [number, number]);
    const sum = tf.sum(tf.mul(feature, partGrad));
    total = total ? tf.add(total, sum) : sum;
  }
  return (total ?? tf.scalar(0)) as tf.Scalar;
}

function rowCount(pixels: Pixels): number {
  return pixels instanceof tf.Tensor ? pixels.shape[0] as number : pixels.length;
}

/** The ranges [0, size), [size, 2 size), ... of `count` rows. */
function splitRows(count: number, size: number): [from: number, to: number][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => [i * size, Math.min(count, (i + 1) * size)]);
}

function cutPixels(pixels: Pixels, from: number, to: number): Pixels {
  return pixels instanceof tf.Tensor ? slice(pixels, from, to) : pixels.slice(from, to);
}

/** The recordings [from, to), with all text windows of each. */
function cutSpeech(
  { ids, confidence, states, lengths, windows }: Speech,
  pairs: number,
  from: number,
  to: number,
): Speech {
  const counts = windows && Array.from(windows);
  const sum = (end: number) => counts ? counts.slice(0, end).reduce((total, n) => total + n, 0) : end;
  return {
    ids: ids && cutIds(ids, sum(pairs), sum(from), sum(to)),
    confidence: confidence && Array.from(confidence).slice(from, to),
    states: states && slice(states, from, to),
    lengths: lengths && Array.from(lengths).slice(from, to),
    windows: counts?.slice(from, to),
  };
}

function cutIds(ids: TokenIds, rows: number, from: number, to: number): TokenIds {
  if (!(ids instanceof Int32Array)) return ids.slice(from, to);
  const length = ids.length / rows;
  return ids.subarray(from * length, to * length);
}

/** The rows [from, to) of a tensor. */
function slice<T extends tf.Tensor>(x: T, from: number, to: number): T {
  const others = x.shape.slice(1);
  return tf.slice(x, [from, ...others.map(() => 0)], [to - from, ...others]);
}
