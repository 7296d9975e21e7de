/** The masked margin softmax loss (Ilharco et al. 2019, arXiv 1909.08782). */
import * as tf from "@tensorflow/tfjs-core";
import { withoutGradient } from "../runtime/operations.ts";
import { sameImage, softmaxLossBothWays } from "./softmax_loss.ts";

/** The margin in units of the score: a number, or one that adapts to how far a pair is above its negatives. */
export type Margin = number | { alpha: number };

/** Options of {@link marginSoftmaxLoss}. */
export interface MarginOptions {
  /** The image of each pair. Other pairs of the same image are no negatives. Default: all differ. */
  imageIds?: readonly (string | number)[] | undefined;
  margin: Margin;
}

/**
 * The softmax loss of both ways, summed, of `(scores - margin on the diagonal) / tau`.
 *
 * @param scores `[N, N]`: cosines of speech (rows) and images
 * @param logTemperature the logarithm of tau, one value
 * @throws {RangeError} if the number of ids is wrong.
 */
export function marginSoftmaxLoss(
  scores: tf.Tensor2D,
  logTemperature: tf.Tensor,
  { imageIds, margin }: MarginOptions,
): tf.Scalar {
  return tf.tidy(() => {
    const scale = tf.reshape(tf.exp(tf.neg(logTemperature)), [1, 1]);
    const scaled = tf.mul(scores, scale) as tf.Tensor2D;
    const inTau = (value: tf.Tensor) => tf.mul(value, tf.reshape(scale, [1])) as tf.Tensor1D;
    if (typeof margin === "number") {
      return softmaxLossBothWays(scaled, { imageIds, margin: inTau(tf.fill([scores.shape[0]], margin)) });
    }
    const [rows, columns] = [scores, tf.transpose(scores) as tf.Tensor2D].map((way) =>
      inTau(adaptiveMargin(way, margin.alpha, imageIds))
    ) as [tf.Tensor1D, tf.Tensor1D];
    return softmaxLossBothWays(scaled, { imageIds, margin: rows, columnMargin: columns });
  });
}

/**
 * `alpha (s_ii - mean of s_ij over the pairs j of other images)` for each row i, without a gradient (arXiv 2105.04489). It is 0
 * in a row without such pairs.
 *
 * @param scores `[N, N]`
 * @returns `[N]`
 */
export function adaptiveMargin(
  scores: tf.Tensor2D,
  alpha: number,
  imageIds?: readonly (string | number)[],
): tf.Tensor1D {
  const pairs = scores.shape[0];
  return withoutGradient(scores, (s): tf.Tensor1D => {
    const diagonal = tf.eye(pairs);
    const others = tf.sub(tf.sub(1, diagonal), imageIds ? sameImage(imageIds, pairs) : 0); // [N, N]
    const counts = tf.sum(others, 1);
    const mean = tf.div(tf.sum(tf.mul(s, others), 1), tf.maximum(counts, 1));
    const above = tf.sub(tf.sum(tf.mul(s, diagonal), 1), mean);
    return tf.mul(tf.mul(alpha, above), tf.minimum(counts, 1)); // [N]
  });
}
