/** The sigmoid loss, which asks of every pair alone whether it matches (Zhai et al. 2023, SigLIP). */
import * as tf from "@tensorflow/tfjs-core";
import { sameImage } from "./softmax_loss.ts";

/**
 * The sum over all i and j of `-log sigmoid(z_ij (a_i . b_j / tau + bias))`, divided by N, with z = 1 for i = j and -1
 * otherwise. Other pairs of the same image do not count.
 *
 * @param a `[N, D]`, rows of length 1
 * @param b `[N, D]`, rows of length 1; row i belongs to row i of `a`
 * @param logTemperature the logarithm of tau, one value
 * @param bias one value
 * @param imageIds the image of each pair. Default: all differ.
 * @returns a scalar
 * @throws {RangeError} if the number of ids is wrong.
 */
export function sigmoidLoss(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  { logTemperature, bias, imageIds }: {
    logTemperature: tf.Tensor;
    bias: tf.Tensor;
    imageIds?: readonly (string | number)[] | undefined;
  },
): tf.Scalar {
  const pairs = a.shape[0];
  return tf.tidy(() => {
    const scale = tf.reshape(tf.exp(tf.neg(logTemperature)), [1, 1]);
    const scores = tf.add(tf.mul(tf.matMul(a, b, false, true), scale), tf.reshape(bias, [1, 1])); // [N, D] x [N, D]^T -> [N, N]
    const sides = tf.sub(tf.mul(2, tf.eye(pairs)), 1);
    const losses = tf.softplus(tf.neg(tf.mul(sides, scores))); // -log sigmoid(x) = softplus(-x)
    const counted = imageIds ? tf.mul(losses, tf.sub(1, sameImage(imageIds, pairs))) : losses;
    return tf.div(tf.sum(counted), pairs) as tf.Scalar;
  });
}
