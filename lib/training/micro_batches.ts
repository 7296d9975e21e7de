/**
 * Gradients of a batch that is too large to be held at once, with the negatives of the whole batch (cached gradients, Gao
 * et al. 2021).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { TokenIds } from "../clip/text_tower.ts";
import type { Pixels } from "../clip/vision_tower.ts";
import { brewClipLoss, type LossTerms, type PairFeatures } from "../losses/brewclip_loss.ts";
import { embedding } from "../runtime/operations.ts";
import { type BrewClip, encodeImages, encodeSpeech, type Speech, trainedParameters } from "../systems/brewclip.ts";
import type { PairBatch } from "./examples.ts";

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

/** Features that the loss takes, by name. */
type Named = Record<string, tf.Tensor>;

/** A part of the batch that is encoded at once: its features, and the rows of the whole batch's features that they are. */
interface Part {
  encode: () => Named;
  from: number;
}

/**
 * The loss of a batch and its gradient at every trained parameter, as `lossAndGradients` gives them, but for
 * rounding: only `microBatch` pairs' encoders are held at once. First the features of all micro-batches, without a
 * gradient; then the loss, and its gradient at the features and at the temperature, from the whole batch; then each
 * micro-batch again, its features weighted by that gradient. Dropout is the same in both passes. An image that occurs
 * twice in the batch is computed once in each pass.
 *
 * The price is one more forward pass. Nothing is read back.
 *
 * @param options `microBatch`: how many pairs are held at once; at least 1
 * @throws {RangeError} as `lossAndGradients` does, and where `microBatch` is no whole number from 1 on.
 */
export function cachedGradients(
  model: BrewClip,
  batch: PairBatch,
  { microBatch, ...options }: GradientOptions & { microBatch: number },
): LossAndGradients {
  if (!(Number.isInteger(microBatch) && microBatch >= 1)) {
    throw new RangeError(
      `Cannot split a batch as 'microBatch' must be a whole number from 1 on: current value is ${microBatch}`,
    );
  }
  const cut = cutBatch(batch, microBatch);
  const { trained, logTemperature } = trainedParameters(model, options.frozen);
  const seedOf = (i: number) => options.dropoutSeed === undefined ? undefined : `${options.dropoutSeed}:${i}`;
  const parts: Part[] = [
    ...cut.pictures.map(({ from, take }) => ({ from, encode: () => ({ image: encodeImages(model, take()) }) })),
    ...cut.speech.map(({ from, take }, i) => ({
      from,
      encode: () => ({ ...encodeSpeech(model, take(), { dropoutSeed: seedOf(i) }) }),
    })),
  ];

  const features = joinedFeatures(parts);
  const names = Object.keys(features);
  const terms = atFeatures(() => {
    const image = cut.rows ? embedding(features.image as tf.Tensor, tf.tensor1d(cut.rows, "int32")) : features.image;
    const pairs = { ...features, image } as unknown as PairFeatures;
    return brewClipLoss(pairs, logTemperature, { alpha: options.alpha, imageIds: batch.imageIds });
  }, [...names.map((name) => features[name] as tf.Tensor), logTemperature]);
  tf.dispose(Object.values(features));

  const featureGrads = new Map(names.map((name, i) => [name, terms.gradients[i]]));
  const sums = new Map<string, tf.Tensor>();
  const add = (name: string, gradient: tf.Tensor | null | undefined): void => {
    if (!gradient) return;
    const old = sums.get(name);
    sums.set(name, old ? tf.add(old, gradient) : gradient);
    if (old) tf.dispose([old, gradient]);
  };
  const ofTemperature = terms.gradients.at(-1);
  for (const [name, parameter] of trained) if (parameter === logTemperature) add(name, ofTemperature);
  if (!trained.some(([, parameter]) => parameter === logTemperature)) ofTemperature?.dispose();

  const others = trained.filter(([, parameter]) => parameter !== logTemperature);
  for (const part of parts) {
    const { value, grads } = tf.engine().gradients(
      () => weighed(part, featureGrads),
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

/** The features of all parts, one under another: `[N, D]` each, or a row for each different image. */
function joinedFeatures(parts: readonly Part[]): Named {
  const encoded = parts.map(({ encode }) => tf.tidy(encode));
  const joined: Named = {};
  for (const name of new Set(encoded.flatMap((features) => Object.keys(features)))) {
    const pieces = encoded.flatMap((features) => features[name] ?? []);
    joined[name] = pieces.length === 1 ? tf.clone(pieces[0] as tf.Tensor) : tf.concat(pieces, 0);
  }
  tf.dispose(encoded);
  return joined;
}

/** The loss's terms, and its gradient at each input; none where the loss does not depend on it. */
function atFeatures(
  loss: () => LossTerms,
  inputs: tf.Tensor[],
): { losses: LossTerms; gradients: (tf.Tensor | null | undefined)[] } {
  let losses: LossTerms | undefined;
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
  return { losses: losses as LossTerms, gradients: grads };
}

/** `sum(features * featureGrads)` of one part: its gradient at a parameter is that of the loss, as far as it passes this part. */
function weighed({ encode, from }: Part, featureGrads: ReadonlyMap<string, tf.Tensor | null | undefined>): tf.Scalar {
  let total: tf.Tensor | undefined;
  for (const [name, feature] of Object.entries(encode())) {
    const grad = featureGrads.get(name);
    if (!grad) continue;
    const own = tf.slice(grad, [from, 0], feature.shape as [number, number]);
    const sum = tf.sum(tf.mul(feature, own));
    total = total ? tf.add(total, sum) : sum;
  }
  return (total ?? tf.scalar(0)) as tf.Scalar;
}

/** A piece of a batch. */
interface Piece<T> {
  /** Its first row among all rows. */
  from: number;
  /** Makes the piece; tensors that it makes are the caller's. */
  take: () => T;
}

/** The pieces of both sides. */
interface CutBatch {
  /** Images, each different one once. */
  pictures: Piece<Pixels>[];
  /** For each pair the row of its image among the different ones; undefined where all differ. */
  rows: number[] | undefined;
  /** Recordings, in the order of the pairs. */
  speech: Piece<Speech>[];
}

/**
 * Cuts a batch into pieces of at most `size` pairs and of at most `size` different images; an image that is given twice,
 * as the same array, is in one piece only.
 */
function cutBatch(batch: PairBatch, size: number): CutBatch {
  const { pixels } = batch;
  if (pixels instanceof tf.Tensor) {
    const pairs = pixels.shape[0] as number;
    return {
      pictures: pieces(pairs, size, (from, to) => slice(pixels, from, to)),
      rows: undefined,
      speech: pieces(pairs, size, (from, to) => cutSpeech(batch, pairs, from, to)),
    };
  }
  const places = new Map<Float32Array, number>();
  const rows = pixels.map((picture) => {
    if (!places.has(picture)) places.set(picture, places.size);
    return places.get(picture) as number;
  });
  const different = [...places.keys()];
  return {
    pictures: pieces(different.length, size, (from, to) => different.slice(from, to)),
    rows: different.length < pixels.length ? rows : undefined,
    speech: pieces(pixels.length, size, (from, to) => cutSpeech(batch, pixels.length, from, to)),
  };
}

/** The pieces [0, size), [size, 2 size), ... of `count` rows. */
function pieces<T>(count: number, size: number, take: (from: number, to: number) => T): Piece<T>[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    from: i * size,
    take: () => take(i * size, Math.min(count, (i + 1) * size)),
  }));
}

/** The recordings [from, to), with all text windows of each. */
function cutSpeech({ ids, states, lengths, windows }: Speech, pairs: number, from: number, to: number): Speech {
  const counts = windows && Array.from(windows);
  const sum = (end: number) => counts ? counts.slice(0, end).reduce((total, n) => total + n, 0) : end;
  return {
    ids: ids && cutIds(ids, sum(pairs), sum(from), sum(to)),
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
