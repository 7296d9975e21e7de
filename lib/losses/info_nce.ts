/** The contrastive loss. */
import * as tf from "@tensorflow/tfjs-core";
import { softmaxLoss } from "./softmax_loss.ts";

/**
 * InfoNCE in one direction (paper, section 3): the mean over i of `-log softmax_j(a_i . b_j / tau)[i]`. Other pairs of the
 * same image are not negatives: they are excluded from the denominator.
 *
 * @param a `[N, D]`, rows of length 1
 * @param b `[N, D]`, rows of length 1; row i belongs to row i of `a`
 * @param logTemperature the logarithm of tau, one value
 * @param imageIds the image of each pair, then of each further row of `queue`. Default: all differ.
 * @param queue `[M, D]`: further negatives, to which no gradient flows. Default none.
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
    const all = queue ? tf.concat([b, queue], 0) : b; // [N + M, D]
    return softmaxLoss(tf.mul(tf.matMul(a, all, false, true), scale), { imageIds }); // [N, D] x [N + M, D]^T -> [N, N + M]
  });
}
