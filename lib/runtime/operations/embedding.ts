/** Embedding lookup. */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../define_operation.ts";

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

const run = defineOperation<Record<never, never>>({
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
  return run({ table, ids }, {})[0];
}
