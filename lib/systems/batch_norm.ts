/** Batch normalization with running statistics. */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";

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
 * @param x `[..., C]`
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
    const { mean, variance } = training ? ofBatch(x, mask) : { mean: running, variance: spread };
    const scale = tf.mul(tf.rsqrt(tf.add(variance, EPSILON)), weightOf(parameters, `${name}.weight`)); // [C]
    const normed = tf.add(tf.mul(tf.sub(x, mean), scale), weightOf(parameters, `${name}.bias`));
    if (training) {
      const count = places(x, mask);
      const move = (old: tf.Variable, now: tf.Tensor) =>
        old.assign(tf.add(tf.mul(1 - MOMENTUM, old), tf.mul(MOMENTUM, now)));
      move(running as tf.Variable, mean);
      move(spread as tf.Variable, tf.mul(variance, tf.div(count, tf.maximum(tf.sub(count, 1), 1))));
    }
    return (mask ? tf.mul(normed, mask) : normed) as T;
  });
}

/** Mean and biased variance of the places that count, `[C]` each. */
function ofBatch(x: tf.Tensor, mask: tf.Tensor | undefined): { mean: tf.Tensor; variance: tf.Tensor } {
  const count = places(x, mask);
  const average = (y: tf.Tensor) => {
    const rows = tf.reshape(mask ? tf.mul(y, mask) : y, [-1, x.shape.at(-1) as number]); // [..., C] -> [N, C]
    return tf.div(tf.sum(rows, 0), count);
  };
  const mean = average(x);
  return { mean, variance: average(tf.square(tf.sub(x, mean))) };
}

/** How many places count. */
function places(x: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor {
  const all = x.size / (x.shape.at(-1) as number);
  return mask ? tf.mul(tf.sum(mask), all / mask.size) : tf.scalar(all);
}
