/**
 * Rows brought to length 1.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Divides every row by its length (by 1e-12 where it is shorter). `[B, D] -> [B, D]` */
export function unitLength(x: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const length = tf.sqrt(tf.sum(tf.square(x), -1, true)); // [B, 1]
    return tf.div(x, tf.maximum(length, 1e-12)) as tf.Tensor2D;
  });
}
