/** Sum of squares, sum of rows, and normalization to length 1. */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs, rowsOf } from "../define_operation.ts";

const squares = defineOperation<Record<never, never>>({
  name: "BrewSumOfSquares",
  forward: ({ x }: Inputs) => [tf.sum(tf.square(x as tf.Tensor))],
  savedInputs: ["x"],
  gradient: (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(2, x as tf.Tensor)) }),
});

/** The sum of the squares of all elements. */
export function sumOfSquares(x: tf.Tensor): tf.Scalar {
  return squares({ x }, {})[0] as tf.Scalar;
}

const rows = defineOperation<Record<never, never>>({
  name: "BrewSumRows",
  forward: ({ x }: Inputs) => {
    const { shape } = x as tf.Tensor;
    return [tf.sum(tf.reshape(x as tf.Tensor, [rowsOf(shape), shape.at(-1) as number]), 0)];
  },
});

/** The sum over all dimensions but the last: `[..., D] -> [D]`. Not differentiable. */
export function sumRows(x: tf.Tensor): tf.Tensor {
  return rows({ x }, {})[0];
}

/** Divides every row by its length, or by 1e-12 if it is shorter. `[B, D] -> [B, D]` */
export function unitLength(x: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const length = tf.sqrt(tf.sum(tf.square(x), -1, true)); // [B, 1]
    return tf.div(x, tf.maximum(length, 1e-12)) as tf.Tensor2D;
  });
}
