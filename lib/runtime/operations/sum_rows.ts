/**
 * Sums over rows, as the gradient of a bias needs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs, rowsOf } from "../define_operation.ts";

const run = defineOperation<Record<never, never>>({
  name: "BrewSumRows",
  forward: ({ x }: Inputs) => {
    const { shape } = x as tf.Tensor;
    return [tf.sum(tf.reshape(x as tf.Tensor, [rowsOf(shape), shape.at(-1) as number]), 0)];
  },
  savedInputs: [],
  gradient: () => ({}),
});

/** The sum over all dimensions but the last: `[..., D] -> [D]`. Used in gradients only; has none itself. */
export function sumRows(x: tf.Tensor): tf.Tensor {
  return run({ x }, {})[0];
}
