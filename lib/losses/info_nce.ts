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
 * @param imageIds the image of each pair. Default: all differ.
 * @returns a scalar
 * @throws {RangeError} if the number of ids is wrong.
 */
export function infoNce(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  logTemperature: tf.Tensor,
  imageIds?: readonly (string | number)[],
): tf.Scalar {
  return tf.tidy(() => {
    const scale = tf.reshape(tf.exp(tf.neg(logTemperature)), [1, 1]);
    return softmaxLoss(tf.mul(tf.matMul(a, b, false, true), scale), { imageIds }); // [N, D] x [N, D]^T -> [N, N]
  });
}
