/** Layer normalization. */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../define_operation.ts";
import { sumRows } from "./rows.ts";

/** `(x - mean) / std` over the last dimension. */
function normalized(x: tf.Tensor, epsilon: number): { value: tf.Tensor; inverseStd: tf.Tensor } {
  const centered = tf.sub(x, tf.mean(x, -1, true));
  const inverseStd = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon)); // [..., 1]
  return { value: tf.mul(centered, inverseStd), inverseStd };
}

const run = defineOperation<{ epsilon: number }>({
  name: "BrewLayerNorm",
  forward: ({ x, weight, bias }: Inputs, { epsilon }) => [
    tf.add(tf.mul(normalized(x as tf.Tensor, epsilon).value, weight as tf.Tensor), bias as tf.Tensor),
  ],
  savedInputs: ["x", "weight"],
  gradient: (dy, saved, { epsilon }) => {
    const [x, weight] = saved as [tf.Tensor, tf.Tensor];
    return {
      x: () => layerNormInputGradient({ x, weight, dy }, epsilon),
      weight: () => weightGradient({ x, dy }, { epsilon })[0],
      bias: () => sumRows(dy),
    };
  },
});

const inputGradient = defineOperation<{ epsilon: number }>({
  name: "BrewLayerNormInputGradient",
  forward: ({ x, weight, dy, onto }: Inputs, { epsilon }) => {
    const { value, inverseStd } = normalized(x as tf.Tensor, epsilon);
    const g = tf.mul(dy as tf.Tensor, weight as tf.Tensor);
    const along = tf.mul(value, tf.mean(tf.mul(g, value), -1, true));
    const gradient = tf.mul(inverseStd, tf.sub(tf.sub(g, tf.mean(g, -1, true)), along));
    return [onto ? tf.add(onto, gradient) : gradient];
  },
});

const weightGradient = defineOperation<{ epsilon: number }>({
  name: "BrewLayerNormWeightGradient",
  forward: ({ x, dy }: Inputs, { epsilon }) => [
    sumRows(tf.mul(dy as tf.Tensor, normalized(x as tf.Tensor, epsilon).value)),
  ],
});

/**
 * The gradient of {@link layerNorm} at x, plus `onto` if given (the gradient of a residual connection). All tensors have
 * x's shape, except the weight `[D]`.
 */
export function layerNormInputGradient(
  { x, weight, dy, onto }: { x: tf.Tensor; weight: tf.Tensor; dy: tf.Tensor; onto?: tf.Tensor },
  epsilon: number,
): tf.Tensor {
  return inputGradient({ x, weight, dy, ...(onto ? { onto } : {}) }, { epsilon })[0];
}

/**
 * Layer normalization over the last dimension, then scale and shift.
 *
 * @param x `[..., D]`
 * @param weight `[D]`
 * @param bias `[D]`
 * @returns `[..., D]`
 */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  return run({ x, weight, bias }, { epsilon })[0];
}
