/**
 * What CLIP's pretraining minimises: the contrastive loss, without the pairs that are wrong by name only, and the facts.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { linear } from "../../lib/runtime/operations.ts";
import { factLoss } from "./clip_facts.ts";

/** Features of a batch and what is known of it; `C` captions a picture, text `c * B + i` belongs to picture `i`. */
export interface ContrastiveBatch {
  /** `[B, D]`, not normalised. */
  image: tf.Tensor2D;
  /** `[C * B, D]`, not normalised. */
  text: tf.Tensor2D;
  /** `[C * B, B]`: 1 where a text is true of another's picture too, which is then no negative; 0 else. */
  alsoTrue: tf.Tensor2D;
  /** Scalar, the logarithm of the factor of the similarities. */
  logitScale: tf.Scalar;
}

/**
 * The symmetric contrastive loss (Radford et al. 2021, figure 3), mean over the captions of a picture. Pairs that are
 * true though not matched leave the denominator.
 *
 * @returns a scalar
 */
export function contrastiveLoss({ image, text, alsoTrue, logitScale }: ContrastiveBatch): tf.Scalar {
  return tf.tidy(() => {
    const batch = image.shape[0];
    const captions = text.shape[0] / batch;
    const similarity = tf.matMul(normalised(text), normalised(image), false, true); // [C * B, B]
    const logits = tf.sub(tf.mul(similarity, tf.exp(logitScale)), tf.mul(alsoTrue, 1e4));
    const own = tf.tile(tf.eye(batch), [captions, 1]); // [C * B, B]
    const toImage = tf.sum(tf.mul(own, tf.logSoftmax(logits)));
    const columns = tf.reshape(tf.transpose(tf.reshape(logits, [captions, batch, batch]), [0, 2, 1]), [-1, batch]); // [C * B images, B texts]
    const toText = tf.sum(tf.mul(own, tf.logSoftmax(columns)));
    return tf.div(tf.add(toImage, toText), -2 * captions * batch) as tf.Scalar;
  });
}

/** Rows of length 1: `[N, D] -> [N, D]`. */
export function normalised(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12))) as tf.Tensor2D);
}

/** The auxiliary head: one linear layer that reads the facts off pictures' and texts' features alike. */
export interface FactHead {
  /** `[F, D]` */
  weight: tf.Tensor;
  /** `[F]` */
  bias: tf.Tensor;
}

/**
 * How badly the head tells the facts of the pictures and of the texts; see {@link factLoss}.
 *
 * @param features `[N, D]`
 * @param targets `[N, F]`
 */
export function headLoss(head: FactHead, features: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => factLoss(linear(features, head.weight, head.bias) as tf.Tensor2D, targets));
}
