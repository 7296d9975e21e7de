/**
 * The feature of a long text: the mean of those of its windows.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * Averages the rows of each recording; differentiable at the features. Where each recording has one row, the features are
 * given back as they are.
 *
 * @param features `[W, D]`: the rows of the first recording, then those of the second, and so on
 * @param windows for each of B recordings the number of its rows, at least 1; their sum is W. Default 1 each.
 * @returns `[B, D]`
 * @throws {RangeError} where a number is not of this kind.
 */
export function meanOfWindows(features: tf.Tensor2D, windows?: ArrayLike<number>): tf.Tensor2D {
  const [rows] = features.shape;
  const counts = Array.from(windows ?? []);
  if (windows === undefined || counts.length === rows && counts.every((count) => count === 1)) return features;
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum !== rows || !counts.every((count) => Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`Cannot average ${rows} rows of text by 'windows' [${counts}]: expected counts with that sum`);
  }
  const weights = new Float32Array(counts.length * rows);
  let row = 0;
  counts.forEach((count, i) => {
    for (let w = 0; w < count; w++) weights[i * rows + row++] = 1 / count;
  });
  return tf.tidy(() => tf.matMul(tf.tensor2d(weights, [counts.length, rows]), features)); // [B, W] x [W, D] -> [B, D]
}
