/**
 * The sum of squares, as the norm of a gradient needs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../define_operation.ts";

const run = defineOperation<Record<never, never>>({
  name: "BrewSumOfSquares",
  forward: ({ x }: Inputs) => [tf.sum(tf.square(x as tf.Tensor))],
  savedInputs: ["x"],
  gradient: (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(2, x as tf.Tensor)) }),
});

/** The sum of all squares of a tensor of any shape, a scalar. */
export function sumOfSquares(x: tf.Tensor): tf.Scalar {
  return run({ x }, {})[0] as tf.Scalar;
}
