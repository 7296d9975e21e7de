/** The softmax loss of a square of scores, from which the contrastive losses are made. */
import * as tf from "@tensorflow/tfjs-core";

/** Added to a score that must not count. */
export const NEVER = -1e9;

/** Options of {@link softmaxLoss}. */
export interface SoftmaxLossOptions {
  /** The image of each pair. Other pairs of the same image are no negatives. Default: all differ. */
  imageIds?: readonly (string | number)[] | undefined;
  /** Subtracted from the score of each matching pair: one number, or `[N]`. Default 0. */
  margin?: number | tf.Tensor1D | undefined;
}

/**
 * The mean over i of `-log softmax(scores[i])[i]`. Other pairs of the same image are excluded from the denominator.
 *
 * @param scores `[N, N]`; the matching pairs are on the diagonal
 * @returns a scalar
 * @throws {RangeError} if the number of ids is wrong.
 */
export function softmaxLoss(scores: tf.Tensor2D, { imageIds, margin = 0 }: SoftmaxLossOptions = {}): tf.Scalar {
  const pairs = scores.shape[0];
  return tf.tidy(() => {
    const diagonal = tf.eye(pairs);
    const lower = margin === 0 ? scores : tf.sub(scores, tf.mul(diagonal, margin)); // [N, N]
    const masked = imageIds ? tf.add(lower, tf.mul(sameImage(imageIds, pairs), NEVER)) : lower;
    const logShares = tf.mul(tf.logSoftmax(masked), diagonal); // keeps each row's own pair
    return tf.neg(tf.div(tf.sum(logShares), pairs)) as tf.Scalar;
  });
}

/** {@link softmaxLoss} of rows plus that of columns. A margin `[N]` can differ between the two ways. */
export function softmaxLossBothWays(
  scores: tf.Tensor2D,
  { imageIds, margin, columnMargin = margin }: SoftmaxLossOptions & { columnMargin?: SoftmaxLossOptions["margin"] } =
    {},
): tf.Scalar {
  return tf.tidy(() =>
    tf.add(
      softmaxLoss(scores, { imageIds, margin }),
      softmaxLoss(tf.transpose(scores), { imageIds, margin: columnMargin }),
    ) as tf.Scalar
  );
}

/**
 * `[N, N]`: 1 for two different pairs of one image, else 0.
 *
 * @throws {RangeError} if the number of ids is wrong.
 */
export function sameImage(imageIds: readonly (string | number)[], pairs: number): tf.Tensor2D {
  if (imageIds.length !== pairs) {
    throw new RangeError(
      `Cannot mask pairs as ${imageIds.length} image ids are given: expected ${pairs}, one per pair`,
    );
  }
  const mask = new Float32Array(pairs * pairs);
  for (let i = 0; i < pairs; i++) {
    for (let j = 0; j < pairs; j++) if (i !== j && imageIds[i] === imageIds[j]) mask[i * pairs + j] = 1;
  }
  return tf.tensor2d(mask, [pairs, pairs]);
}
