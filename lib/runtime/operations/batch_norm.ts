/** Batch normalization with statistics of the batch. */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../define_operation.ts";
import { sumRows } from "./rows.ts";

type Attributes = { epsilon: number };

/** How many positions of x count. */
function positionsOf(x: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sum(mask), x.size / (x.shape.at(-1) as number) / mask.size);
}

const run = defineOperation<Attributes>({
  name: "BrewBatchNorm",
  forward: (inputs: Inputs, { epsilon }) => {
    const { x, weight, bias, mask } = inputs as Record<"x" | "weight" | "bias" | "mask", tf.Tensor>;
    const count = positionsOf(x, mask);
    const mean = tf.div(sumRows(tf.mul(x, mask)), count); // [C]
    const centered = tf.mul(tf.sub(x, mean), mask);
    const variance = tf.div(sumRows(tf.square(centered)), count); // [C]
    const scale = tf.mul(weight, tf.rsqrt(tf.add(variance, epsilon)));
    return [tf.mul(tf.add(tf.mul(centered, scale), bias), mask), mean, variance, count];
  },
  savedInputs: ["x", "weight", "mask"],
  savedOutputs: [false, true, true, true],
  gradient: (dy, saved, { epsilon }) => {
    const [x, weight, mask, mean, variance, count] = saved as [...tf.Tensor[]] as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const inverseStd = tf.rsqrt(tf.add(variance, epsilon)); // [C]
    const normalized = tf.mul(tf.mul(tf.sub(x, mean), inverseStd), mask);
    const masked = tf.mul(dy, mask);
    const dBias = sumRows(masked); // [C]
    const dWeight = sumRows(tf.mul(masked, normalized)); // [C]
    return {
      x: () => {
        const common = tf.add(tf.mul(normalized, tf.div(dWeight, count)), tf.div(dBias, count));
        return tf.mul(tf.mul(tf.sub(masked, common), tf.mul(weight, inverseStd)), mask);
      },
      weight: () => tf.clone(dWeight),
      bias: () => tf.clone(dBias),
    };
  },
});

/** What {@link batchNormalize} computes. */
export interface BatchNormalized {
  /** `[..., C]`; 0 at positions that do not count. */
  y: tf.Tensor;
  /** `[C]`; without a gradient, like the next two. */
  mean: tf.Tensor;
  /** `[C]`, biased. */
  variance: tf.Tensor;
  /** Scalar: how many positions count. */
  count: tf.Tensor;
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * weight + bias`, with the mean and the biased variance of each channel over the
 * positions that count.
 *
 * @param x `[..., C]`
 * @param weight `[C]`
 * @param bias `[C]`
 * @param mask 1 for positions that count, else 0; broadcasts to `[..., 1]`. Default: all count.
 */
export function batchNormalize(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  mask: tf.Tensor = tf.ones([1]),
  epsilon = 1e-5,
): BatchNormalized {
  const outputs = run({ x, weight, bias, mask }, { epsilon });
  const [y, mean, variance, count] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return { y, mean, variance, count };
}
