/**
 * Gradients of a batch that is too large to be held at once, with the negatives of the whole batch (cached gradients, Gao
 * et al. 2021).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { brewClipLoss, type LossTerms, type PairFeatures } from "../losses/brewclip_loss.ts";
import { type BrewClip, encodePictures, encodeSpeech } from "../systems/brewclip.ts";
import { embedding } from "../runtime/operations.ts";
import {
  type GradientOptions,
  type LossAndGradients,
  lossAndGradients,
  type PairBatch,
  trainedParameters,
} from "./gradients.ts";
import { cutBatch } from "./cut_batch.ts";

/** Features that the loss takes, by name. */
type Named = Record<string, tf.Tensor>;

/** A part of the batch that is encoded at once: its features, and the rows of the whole batch's features that they are. */
interface Part {
  encode: () => Named;
  from: number;
}

/**
 * The loss of a batch and its gradient at every trained parameter, as {@link lossAndGradients} gives them, but for
 * rounding: only `microBatch` pairs' encoders are held at once. First the features of all micro-batches, without a
 * gradient; then the loss, and its gradient at the features and at the temperature, from the whole batch; then each
 * micro-batch again, its features weighed by that gradient. Dropout is the same in both passes. A picture that occurs
 * twice in the batch is computed once in each pass.
 *
 * The price is one more forward pass. Nothing is read back.
 *
 * @param options `microBatch`: how many pairs are held at once; at least 1
 * @throws {RangeError} as {@link lossAndGradients} does, and where `microBatch` is no whole number from 1 on.
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
  if (cut.pictures.length === 1 && cut.speech.length === 1) return lossAndGradients(model, batch, options);
  const { trained, logTemperature } = trainedParameters(model, options.frozen);
  const seedOf = (i: number) => options.dropoutSeed === undefined ? undefined : `${options.dropoutSeed}:${i}`;
  const parts: Part[] = [
    ...cut.pictures.map(({ from, take }) => ({ from, encode: () => ({ image: encodePictures(model, take()) }) })),
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

  const slopes = new Map(names.map((name, i) => [name, terms.gradients[i]]));
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
      () => weighed(part, slopes),
      others.map(([, parameter]) => parameter),
      undefined,
      true,
    );
    value.dispose();
    others.forEach(([name], i) => add(name, grads[i]));
  }
  for (const slope of slopes.values()) slope?.dispose();
  return { losses: terms.losses, gradients: sums };
}

/** The features of all parts, one under another: `[N, D]` each, or a row for each different picture. */
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

/** `sum(features * slopes)` of one part: its gradient at a parameter is that of the loss, as far as it passes this part. */
function weighed({ encode, from }: Part, slopes: ReadonlyMap<string, tf.Tensor | null | undefined>): tf.Scalar {
  let total: tf.Tensor | undefined;
  for (const [name, feature] of Object.entries(encode())) {
    const slope = slopes.get(name);
    if (!slope) continue;
    const own = tf.slice(slope, [from, 0], feature.shape as [number, number]);
    const sum = tf.sum(tf.mul(feature, own));
    total = total ? tf.add(total, sum) : sum;
  }
  return (total ?? tf.scalar(0)) as tf.Scalar;
}
