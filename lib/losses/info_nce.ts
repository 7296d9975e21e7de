/** The contrastive loss. */
import * as tf from "@tensorflow/tfjs-core";

/** Added to the similarity of excluded pairs. */
const NEVER = -1e9;

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
  const pairs = a.shape[0];
  if (imageIds !== undefined && imageIds.length !== pairs) {
    throw new RangeError(
      `Cannot mask pairs as ${imageIds.length} image ids are given: expected ${pairs}, one per pair`,
    );
  }
  return tf.tidy(() => {
    const scale = tf.reshape(tf.exp(tf.neg(logTemperature)), [1, 1]);
    const similarities = tf.mul(tf.matMul(a, b, false, true), scale); // [N, D] x [N, D]^T -> [N, N]
    const scores = imageIds ? tf.add(similarities, sameImage(imageIds)) : similarities;
    const logShares = tf.mul(tf.logSoftmax(scores), tf.eye(pairs)); // keeps each row's own pair
    return tf.neg(tf.div(tf.sum(logShares), pairs)) as tf.Scalar;
  });
}

/** `[N, N]`: a large negative number for two different pairs of one image, else 0. */
function sameImage(imageIds: readonly (string | number)[]): tf.Tensor2D {
  const pairs = imageIds.length;
  const mask = new Float32Array(pairs * pairs);
  for (let i = 0; i < pairs; i++) {
    for (let j = 0; j < pairs; j++) if (i !== j && imageIds[i] === imageIds[j]) mask[i * pairs + j] = NEVER;
  }
  return tf.tensor2d(mask, [pairs, pairs]);
}
