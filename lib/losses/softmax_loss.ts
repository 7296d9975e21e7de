/** The softmax loss of a square of scores, from which the contrastive losses are made. */
import * as tf from "@tensorflow/tfjs-core";

/** Added to a score that must not count. */
export const NEVER = -1e9;

/** Options of {@link softmaxLoss}. */
export interface SoftmaxLossOptions {
  /** The image of each column. Other columns of a pair's image are no negatives. Default: all differ. */
  imageIds?: readonly (string | number)[] | undefined;
  /** Subtracted from the score of each matching pair: one number, or `[N]`. Default 0. */
  margin?: number | tf.Tensor1D | undefined;
}

/**
 * The mean over i of `-log softmax(scores[i])[i]`. Other pairs of the same image are excluded from the denominator.
 *
 * @param scores `[N, N + M]`; the matching pairs are on the diagonal, further negatives after them
 * @returns a scalar
 * @throws {RangeError} if the number of ids is wrong.
 */
export function softmaxLoss(scores: tf.Tensor2D, { imageIds, margin = 0 }: SoftmaxLossOptions = {}): tf.Scalar {
  const [pairs, columns] = scores.shape;
  return tf.tidy(() => {
    const diagonal = tf.eye(pairs, columns);
    const lower = margin === 0 ? scores : tf.sub(scores, tf.mul(diagonal, margin)); // [N, N + M]
    const masked = imageIds ? tf.add(lower, tf.mul(sameImage(imageIds, pairs, columns), NEVER)) : lower;
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
 * `[N, columns]`: 1 where a column is another one of the row's image, else 0. Row i is column i.
 *
 * @throws {RangeError} if the number of ids is wrong.
 */
export function sameImage(imageIds: readonly (string | number)[], pairs: number, columns = pairs): tf.Tensor2D {
  if (imageIds.length !== columns) {
    throw new RangeError(
      `Cannot mask pairs as ${imageIds.length} image ids are given: expected ${columns}, one per pair`,
    );
  }
  const mask = new Float32Array(pairs * columns);
  for (let i = 0; i < pairs; i++) {
    for (let j = 0; j < columns; j++) if (i !== j && imageIds[i] === imageIds[j]) mask[i * columns + j] = 1;
  }
  return tf.tensor2d(mask, [pairs, columns]);
}
