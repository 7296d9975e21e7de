/**
 * BrewCLIP's loss.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { unitLength } from "../runtime/operations.ts";
import { infoNce } from "./info_nce.ts";

/** Features of a batch of pairs, row i of each belonging to pair i. */
export interface PairFeatures {
  /** F_V `[N, D]`, rows of length 1. */
  image: tf.Tensor2D;
  /** F_L `[N, D]`, rows of length 1. */
  speech: tf.Tensor2D;
  /** F_T `[N, D]`, of any length, where there is a text branch. */
  text?: tf.Tensor2D;
  /** F_A `[N, D]`, of any length, where there is an acoustic branch. */
  acoustic?: tf.Tensor2D;
}

/** The terms, each a scalar. */
export type LossTerms = {
  /** What is minimised. */
  loss: tf.Scalar;
  /** Images against speech, both directions. */
  outer: tf.Scalar;
  /** Sound against text, both directions; where both branches are. */
  inner?: tf.Scalar;
};

/** How the terms are made. */
export interface LossOptions {
  /** Weight of the inner term, in [0, 1]. Default 0.1; 0 leaves the term out. */
  alpha?: number | undefined;
  /** The image of each pair. Default all differ. */
  imageIds?: readonly (string | number)[] | undefined;
}

/**
 * `alpha * inner + (1 - alpha) * outer`, with `outer = InfoNCE(V -> L) + InfoNCE(L -> V)` and
 * `inner = InfoNCE(A -> T) + InfoNCE(T -> A)` (paper, section 3). Where only one branch is, the loss is `outer`.
 *
 * @param logTemperature the logarithm of tau, one value
 * @throws {RangeError} where alpha is not in [0, 1], or the ids do not fit the features.
 */
export function brewClipLoss(
  { image, speech, text, acoustic }: PairFeatures,
  logTemperature: tf.Tensor,
  { alpha = 0.1, imageIds }: LossOptions = {},
): LossTerms {
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new RangeError(`Cannot weigh the loss as 'alpha' must be in [0, 1]: current value is ${alpha}`);
  }
  const bothWays = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar =>
    tf.add(infoNce(a, b, logTemperature, imageIds), infoNce(b, a, logTemperature, imageIds));
  return tf.tidy((): LossTerms => {
    const outer = bothWays(image, speech);
    if (!text || !acoustic || alpha === 0) return { loss: tf.clone(outer), outer };
    const inner = bothWays(unitLength(acoustic), unitLength(text));
    return { loss: tf.add(tf.mul(alpha, inner), tf.mul(1 - alpha, outer)), outer, inner };
  });
}
