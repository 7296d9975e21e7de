/** BrewCLIP's loss. */
import * as tf from "@tensorflow/tfjs-core";
import { unitLength } from "../runtime/operations.ts";
import { infoNce } from "./info_nce.ts";
import { sigmoidLoss } from "./sigmoid_loss.ts";

/** Features of a batch of pairs. Row i of each belongs to pair i. */
export interface PairFeatures {
  /** F_V `[N, D]`, rows of length 1. */
  image: tf.Tensor2D;
  /** F_L `[N, D]`, rows of length 1. */
  speech: tf.Tensor2D;
  /** F_T `[N, D]`, not normalized, if there is a text branch. */
  text?: tf.Tensor2D;
  /** F_A `[N, D]`, not normalized, if there is an acoustic branch. */
  acoustic?: tf.Tensor2D;
}

/** The terms of the loss. */
export type LossTerms = {
  /** The loss that is minimized. */
  loss: tf.Scalar;
  /** Images against speech, both directions. */
  outer: tf.Scalar;
  /** Sound against text, both directions, if there are both branches. */
  inner?: tf.Scalar;
};

/** Options of {@link brewClipLoss}. */
export interface LossOptions {
  /** Weight of the inner term, in [0, 1]. Default 0.1; 0 skips the term. */
  alpha?: number | undefined;
  /** The image of each pair. Default: all differ. */
  imageIds?: readonly (string | number)[] | undefined;
  /** The bias of the sigmoid loss, one value: each term is then that loss. Default: InfoNCE. */
  bias?: tf.Tensor | undefined;
  /** Further negatives of the outer term, `[M, D]` each with the image of each row. The sigmoid loss has none. */
  negatives?: (Pick<PairFeatures, "image" | "speech"> & { imageIds: readonly (string | number)[] }) | undefined;
}

/**
 * `InfoNCE(V -> L) + InfoNCE(L -> V)` with further negatives of both sides.
 *
 * @throws {RangeError} if the number of ids is wrong.
 */
export function infoNceBothWays(
  { image, speech }: Pick<PairFeatures, "image" | "speech">,
  logTemperature: tf.Tensor,
  imageIds: LossOptions["imageIds"],
  negatives: LossOptions["negatives"],
): tf.Scalar {
  if (negatives !== undefined && imageIds === undefined) {
    throw new RangeError("Cannot contrast with a queue as the batch has no 'imageIds': expected one for each pair");
  }
  const ids = negatives ? [...imageIds!, ...negatives.imageIds] : imageIds;
  return tf.tidy(() =>
    tf.add(
      infoNce(image, speech, logTemperature, ids, negatives?.speech),
      infoNce(speech, image, logTemperature, ids, negatives?.image),
    )
  );
}

/**
 * `alpha * inner + (1 - alpha) * outer`, with `outer = InfoNCE(V -> L) + InfoNCE(L -> V)` and
 * `inner = InfoNCE(A -> T) + InfoNCE(T -> A)` (paper, section 3), or the sigmoid loss, which has no direction, in the place of
 * both ways. With only one branch the loss is `outer`.
 *
 * @param logTemperature the logarithm of tau, one value
 * @throws {RangeError} if alpha is not in [0, 1], or the number of ids is wrong.
 */
export function brewClipLoss(
  { image, speech, text, acoustic }: PairFeatures,
  logTemperature: tf.Tensor,
  { alpha = 0.1, imageIds, bias, negatives }: LossOptions = {},
): LossTerms {
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new RangeError(`Cannot weigh the loss as 'alpha' must be in [0, 1]: current value is ${alpha}`);
  }
  const bothWays = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar =>
    bias
      ? sigmoidLoss(a, b, { logTemperature, bias, imageIds })
      : tf.add(infoNce(a, b, logTemperature, imageIds), infoNce(b, a, logTemperature, imageIds));
  return tf.tidy((): LossTerms => {
    const outer = negatives && !bias
      ? infoNceBothWays({ image, speech }, logTemperature, imageIds, negatives)
      : bothWays(image, speech);
    if (!text || !acoustic || alpha === 0) return { loss: tf.clone(outer), outer };
    const inner = bothWays(unitLength(acoustic), unitLength(text));
    return { loss: tf.add(tf.mul(alpha, inner), tf.mul(1 - alpha, outer)), outer, inner };
  });
}
