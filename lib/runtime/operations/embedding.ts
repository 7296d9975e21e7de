/**
 * Looking up rows of a table.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs } from "../define_operation.ts";

const run = defineOperation<Record<never, never>>({
  name: "BrewEmbedding",
  forward: ({ table, ids }: Inputs) => [tf.gather(table as tf.Tensor, ids as tf.Tensor)],
  savedInputs: ["table", "ids"],
  gradient: (dy, [table, ids]) => ({
    table: () => {
      const [rows, width] = (table as tf.Tensor).shape as [number, number];
      const flat = tf.reshape(tf.cast(ids as tf.Tensor, "int32"), [-1]) as tf.Tensor1D;
      const hits = tf.oneHot(flat, rows, 1, 0, "float32") as tf.Tensor2D; // [N, V]
      return tf.matMul(hits, tf.reshape(dy, [-1, width]) as tf.Tensor2D, true, false); // [N, V]^T x [N, D]
    },
  }),
});

/**
 * Rows of a table by their numbers.
 *
 * @param table `[V, D]`
 * @param ids int32, any shape `[...]`, each in `[0, V)`
 * @returns `[..., D]`
 */
export function embedding(table: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  return run({ table, ids }, {})[0];
}
