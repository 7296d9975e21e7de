/** Rows of tensors: lookup by index, sums, and normalization to length 1. */
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

const tableGradient = defineOperation<{ rows: number }>({
  name: "BrewEmbeddingGradient",
  forward: ({ ids, dy }: Inputs, { rows }) => {
    const [positions, gradient] = [ids as tf.Tensor, dy as tf.Tensor];
    const flat = tf.reshape(gradient, [-1, gradient.shape.at(-1) as number]) as tf.Tensor2D; // [N, D]
    if (rows === 1) return [tf.sum(flat, 0, true)]; // [1, D]; oneHot refuses a depth of 1
    // On wasm, oneHot with dtype float32 writes the bits of integers.
    const hits = tf.cast(tf.oneHot(tf.reshape(positions, [-1]) as tf.Tensor1D, rows), "float32") as tf.Tensor2D; // [N, V]
    return [tf.matMul(hits, flat, true, false)]; // [N, V]^T x [N, D]
  },
});

const lookup = defineOperation<Record<never, never>>({
  name: "BrewEmbedding",
  forward: ({ table, ids }: Inputs) => [tf.gather(table as tf.Tensor, ids as tf.Tensor)],
  savedInputs: ["table", "ids"],
  gradient: (dy, [table, ids]) => ({
    table: () => tableGradient({ ids: ids as tf.Tensor, dy }, { rows: (table as tf.Tensor).shape[0] as number })[0],
  }),
});

/**
 * Rows of a table by index.
 *
 * @param table `[V, D]`
 * @param ids int32, any shape `[...]`, each in `[0, V)`
 * @returns `[..., D]`
 */
export function embedding(table: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  return lookup({ table, ids }, {})[0];
}
