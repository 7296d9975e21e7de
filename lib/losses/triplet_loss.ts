/** ResDAVEnet's triplet loss: one impostor drawn at random, and the semi-hard one (Harwath et al. 2019). */
import * as tf from "@tensorflow/tfjs-core";
import type { Random } from "../random.ts";
import { withoutGradient } from "../runtime/operations.ts";
import { NEVER, sameImage } from "./softmax_loss.ts";

/** A row of the batch for each pair, of another image than the pair's; -1 where the batch has no other image. */
export interface Impostors {
  /** For speech i the row of an image. */
  images: readonly number[];
  /** For image i the row of a recording. */
  speech: readonly number[];
}

/** The terms of the loss; each has both ways summed. */
export type TripletTerms = {
  loss: tf.Scalar;
  /** Against the impostors drawn at random. */
  sampledLoss: tf.Scalar;
  /** Against the best score below the match's. */
  semiHardLoss: tf.Scalar;
};

/** Draws impostors at random, each of another image. */
export function drawImpostors(imageIds: readonly (string | number)[], random: Random): Impostors {
  const draw = (): number[] =>
    imageIds.map((id) => {
      const others = imageIds.flatMap((other, row) => other === id ? [] : [row]);
      return others.length === 0 ? -1 : others[random.integer(others.length)] as number;
    });
  return { images: draw(), speech: draw() };
}

/**
 * The sum of four hinge terms, `mean of max(0, margin + impostor - match)`: against the drawn impostors and against the
 * semi-hard ones, both ways. The semi-hard impostor is the one with the best score strictly below the match's. An impostor
 * never shows the same image; a pair without one adds 0.
 *
 * @param scores `[N, N]`: rows speech, columns images
 * @throws {RangeError} if the number of ids or impostors is wrong.
 */
export function tripletLoss(
  scores: tf.Tensor2D,
  { imageIds, impostors, margin = 1 }: {
    imageIds: readonly (string | number)[];
    impostors: Impostors;
    margin?: number | undefined;
  },
): TripletTerms {
  const pairs = scores.shape[0];
  return tf.tidy((): TripletTerms => {
    const diagonal = tf.eye(pairs);
    const others = tf.sub(tf.sub(1, diagonal), sameImage(imageIds, pairs)) as tf.Tensor2D; // [N, N]
    const match = tf.sum(tf.mul(scores, diagonal), 1, true) as tf.Tensor2D; // [N, 1]
    const transposed = tf.transpose(scores) as tf.Tensor2D;
    const hinge = (way: tf.Tensor2D, allowed: tf.Tensor2D): tf.Scalar => {
      const impostor = tf.max(tf.add(way, tf.mul(tf.sub(1, allowed), NEVER)), 1, true); // [N, 1]
      return tf.mean(tf.relu(tf.add(margin, tf.sub(impostor, match))));
    };
    const semiHard = (way: tf.Tensor2D): tf.Scalar => {
      const below = withoutGradient(way, (s) => tf.cast(tf.less(s, match), "float32")); // the match is a constant too
      return hinge(way, tf.mul(others, below));
    };
    const sampledLoss = tf.add(
      hinge(scores, chosen(impostors.images, pairs)),
      hinge(transposed, chosen(impostors.speech, pairs)),
    ) as tf.Scalar;
    const semiHardLoss = tf.add(semiHard(scores), semiHard(transposed)) as tf.Scalar;
    return { loss: tf.add(sampledLoss, semiHardLoss), sampledLoss, semiHardLoss };
  });
}

/** `[N, N]`: 1 at each row's impostor. */
function chosen(impostors: readonly number[], pairs: number): tf.Tensor2D {
  if (impostors.length !== pairs) {
    throw new RangeError(`Cannot use ${impostors.length} impostors: expected ${pairs}, one per pair`);
  }
  const mask = new Float32Array(pairs * pairs);
  impostors.forEach((column, row) => column >= 0 && mask.fill(1, row * pairs + column, row * pairs + column + 1));
  return tf.tensor2d(mask, [pairs, pairs]);
}
