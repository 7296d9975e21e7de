/**
 * Connectionist temporal classification (Graves et al. 2006).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../../lib/runtime/define_operation.ts";

/** log(exp(a) + exp(b)), safe for -Infinity. */
function addLogs(a: number, b: number): number {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/**
 * One row: the loss, and its gradient at the logits, written to `gradient`.
 *
 * @param logits `[T, V]` of which the first `frames` rows count
 * @param labels without blanks
 */
function ctcRow(
  logits: Float32Array,
  gradient: Float32Array,
  frames: number,
  vocabulary: number,
  labels: Int32Array,
  blank: number,
): number {
  const places = 2 * labels.length + 1;
  const label = (s: number): number => s % 2 === 0 ? blank : labels[(s - 1) / 2] as number;
  const skips = (s: number): boolean => s >= 2 && label(s) !== blank && label(s) !== label(s - 2);
  const logP = new Float64Array(frames * vocabulary);
  for (let t = 0; t < frames; t++) {
    const row = logits.subarray(t * vocabulary, (t + 1) * vocabulary);
    let most = -Infinity;
    for (const value of row) most = Math.max(most, value);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - most);
    const shift = most + Math.log(sum);
    for (let v = 0; v < vocabulary; v++) logP[t * vocabulary + v] = (row[v] as number) - shift;
  }
  const emission = (t: number, s: number): number => logP[t * vocabulary + label(s)] as number;
  const alpha = new Float64Array(frames * places).fill(-Infinity);
  const beta = new Float64Array(frames * places).fill(-Infinity);
  const get = (table: Float64Array, t: number, s: number): number => table[t * places + s] as number;
  alpha[0] = emission(0, 0);
  if (places > 1) alpha[1] = emission(0, 1);
  for (let t = 1; t < frames; t++) {
    for (let s = 0; s < places; s++) {
      let sum = get(alpha, t - 1, s);
      if (s >= 1) sum = addLogs(sum, get(alpha, t - 1, s - 1));
      if (skips(s)) sum = addLogs(sum, get(alpha, t - 1, s - 2));
      alpha[t * places + s] = sum + emission(t, s);
    }
  }
  const last = (frames - 1) * places;
  beta[last + places - 1] = 0;
  if (places > 1) beta[last + places - 2] = 0;
  for (let t = frames - 2; t >= 0; t--) {
    for (let s = 0; s < places; s++) {
      let sum = get(beta, t + 1, s) + emission(t + 1, s);
      if (s + 1 < places) sum = addLogs(sum, get(beta, t + 1, s + 1) + emission(t + 1, s + 1));
      if (s + 2 < places && skips(s + 2)) sum = addLogs(sum, get(beta, t + 1, s + 2) + emission(t + 1, s + 2));
      beta[t * places + s] = sum;
    }
  }
  let total = alpha[last + places - 1] as number;
  if (places > 1) total = addLogs(total, alpha[last + places - 2] as number);
  if (total === -Infinity) return 0; // No path: the frames are fewer than the labels need; the row does not count.
  for (let t = 0; t < frames; t++) {
    for (let v = 0; v < vocabulary; v++) gradient[t * vocabulary + v] = Math.exp(logP[t * vocabulary + v] as number);
    for (let s = 0; s < places; s++) {
      const at = t * vocabulary + label(s);
      gradient[at] = (gradient[at] as number) - Math.exp(get(alpha, t, s) + get(beta, t, s) - total);
    }
  }
  return -total;
}

/** Reads a tensor inside a kernel; the data of both backends on which it runs lie in this process. */
function values(x: tf.Tensor): Float32Array {
  return x.dataSync<"float32">();
}

const run = defineOperation<{ blank: number }>({
  name: "BrewCtcLoss",
  forward: ({ logits, frameLengths, labels, labelLengths }: Inputs, { blank }) => {
    const [batch, frames, vocabulary] = (logits as tf.Tensor).shape as [number, number, number];
    const width = (labels as tf.Tensor).shape[1] as number;
    const [scores, targets] = [values(logits as tf.Tensor), (labels as tf.Tensor).dataSync<"int32">()];
    const [counts, lengths] = [(frameLengths as tf.Tensor).dataSync(), (labelLengths as tf.Tensor).dataSync()];
    const gradient = new Float32Array(scores.length);
    const loss = Float32Array.from({ length: batch }, (_, b) => {
      const [from, to] = [b * frames * vocabulary, (b + 1) * frames * vocabulary];
      const row = targets.subarray(b * width, b * width + (lengths[b] as number)) as Int32Array;
      return ctcRow(
        scores.subarray(from, to),
        gradient.subarray(from, to),
        counts[b] as number,
        vocabulary,
        row,
        blank,
      );
    });
    return [tf.tensor1d(loss), tf.tensor3d(gradient, [batch, frames, vocabulary])];
  },
  savedInputs: [],
  savedOutputs: [false, true],
  gradient: (dy, [gradient]) => ({ logits: () => tf.mul(gradient as tf.Tensor, tf.reshape(dy, [-1, 1, 1])) }),
});

/**
 * The negative log-likelihood of the labels, summed over all alignments with blanks. For the pretraining of the bundled
 * recogniser only, on backends whose data lie in this process (`cpu`, `wasm`).
 *
 * @param logits `[B, T, V]`, not normalized
 * @param frameLengths `[B]` int32: how many of the T frames count
 * @param labels `[B, U]` int32, without blanks
 * @param labelLengths `[B]` int32: how many of the U labels count
 * @returns `[B]`; 0, with no gradient, where the labels need more frames than there are
 */
export function ctcLoss(
  logits: tf.Tensor3D,
  frameLengths: tf.Tensor1D,
  labels: tf.Tensor2D,
  labelLengths: tf.Tensor1D,
  blank = 0,
): tf.Tensor1D {
  return tf.tidy(() => run({ logits, frameLengths, labels, labelLengths }, { blank })[0] as tf.Tensor1D);
}
