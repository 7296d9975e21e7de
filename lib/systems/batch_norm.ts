/** Batch normalization with running statistics. */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { batchNormalize } from "../runtime/operations.ts";

/** The share of a batch in the running statistics. */
const MOMENTUM = 0.1;
const EPSILON = 1e-5;

/** Where a norm's `NAME.weight` and `NAME.bias`, and its running `NAME.mean` and `NAME.variance` are. */
export interface Norms {
  parameters: ReadonlyMap<string, tf.Tensor>;
  statistics?: ReadonlyMap<string, tf.Variable> | undefined;
}

/** How a norm is applied. */
export interface BatchNormOptions {
  /** Whether to use the batch's own statistics, and to update the running ones in place. Default false: the running ones. */
  training?: boolean | undefined;
  /** 1 for places that count, 0 for padding; broadcasts to `[..., 1]`. Padding stays zero. Default: all places count. */
  mask?: tf.Tensor | undefined;
}

/**
 * Batch normalization over all dimensions but the last, as PyTorch's: mean and biased variance of the batch in training; the
 * running values become `0.9 old + 0.1 new`, with the unbiased variance.
 *
 * @param x `[..., C]`; the norm's tensors have C values in any shape
 * @returns `[..., C]`
 */
export function batchNorm<T extends tf.Tensor>(
  x: T,
  { parameters, statistics = new Map() }: Norms,
  name: string,
  { training = false, mask }: BatchNormOptions = {},
): T {
  const [running, spread] = [weightOf(statistics, `${name}.mean`), weightOf(statistics, `${name}.variance`)];
  return tf.tidy(() => {
    const flat = (tensor: tf.Tensor) => tensor.rank === 1 ? tensor : tf.reshape(tensor, [-1]); // [C]
    const weight = flat(weightOf(parameters, `${name}.weight`)), bias = flat(weightOf(parameters, `${name}.bias`));
    if (!training) {
      const scale = tf.mul(tf.rsqrt(tf.add(flat(spread), EPSILON)), weight); // [C]
      const y = tf.add(tf.mul(x, scale), tf.sub(bias, tf.mul(flat(running), scale)));
      return (mask ? tf.mul(y, mask) : y) as T;
    }
    const { y, mean, variance, count } = batchNormalize(x, weight, bias, mask, EPSILON);
    const move = (old: tf.Variable, now: tf.Tensor) =>
      old.assign(tf.add(tf.mul(1 - MOMENTUM, old), tf.mul(MOMENTUM, tf.reshape(now, old.shape))));
    move(running as tf.Variable, mean);
    move(spread as tf.Variable, tf.mul(variance, tf.div(count, tf.maximum(tf.sub(count, 1), 1))));
    return y as T;
  });
}
