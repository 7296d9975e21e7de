/**
 * Dropout that a seed repeats on every backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../../random.ts";

/**
 * Sets a share of the elements to zero and scales the others up, so that the expected value stays.
 *
 * @param x any shape
 * @param rate share set to zero, in [0, 1); 0 returns `x` itself
 * @param seed repeats the choice
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: number | string): T {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`Cannot drop out as 'rate' must be in [0, 1): current value is ${rate}`);
  }
  if (rate === 0) return x;
  const random = new Random(seed);
  const kept = Float32Array.from({ length: x.size }, () => random.next() < rate ? 0 : 1 / (1 - rate));
  return tf.tidy(() => tf.mul(x, tf.tensor(kept, x.shape)) as T);
}
