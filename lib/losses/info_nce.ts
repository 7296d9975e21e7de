/** The contrastive loss. */
import * as tf from "@tensorflow/tfjs-core";
import { withoutGradient } from "../runtime/operations.ts";
import { softmaxLoss } from "./softmax_loss.ts";

/**
 * InfoNCE in one direction (paper, section 3): the mean over i of `-log softmax_j(a_i . b_j / tau)[i]`. Other pairs of the
 * same image are not negatives: they are excluded from the denominator.
 *
 * With a queue no gradient flows to `b` either, as in MoCo (He et al. 2020). Else all rows of `a` and `b` could move the same way,
 * which brings every pair closer but no row of the queue: the loss falls, and all embeddings become alike.
 *
 * @param a `[N, D]`, rows of length 1
 * @param b `[N, D]`, rows of length 1; row i belongs to row i of `a`
 * @param logTemperature the logarithm of tau, one value
 * @param imageIds the image of each pair, then of each further row of `queue`. Default: all differ.
 * @param queue `[M, D]`: further negatives, constants. Default none.
 * @returns a scalar
 * @throws {RangeError} if the number of ids is wrong.
 */
export function infoNce(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  logTemperature: tf.Tensor,
  imageIds?: readonly (string | number)[],
  queue?: tf.Tensor2D,
): tf.Scalar {
  return tf.tidy(() => {
    const scale = tf.reshape(tf.exp(tf.neg(logTemperature)), [1, 1]);
    const all = queue ? tf.concat([withoutGradient(b, (keys) => tf.clone(keys)), queue], 0) : b; // [N + M, D]
    return softmaxLoss(tf.mul(tf.matMul(a, all, false, true), scale), { imageIds }); // [N, D] x [N + M, D]^T -> [N, N + M]
  });
}
