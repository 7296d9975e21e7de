/**
 * Facts as numbers: what the auxiliary heads of CLIP's pretraining have to tell of a picture or of a text.
 *
 * A fact of a thing hangs on its kind ("the cat is red"), so that one code serves pictures, where all facts are known, and
 * texts, which tell a part and not always the place.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { CaptionFacts } from "./captions.ts";
import { BACKGROUNDS, COLOURS, KINDS, PLACES, type Scene, SIZES } from "./scene.ts";

const K: number = KINDS.length;
/** Questions with one answer: how often each is asked (once, or of each kind) and the number of its answers. */
const CHOICES = [
  { name: "colour", times: K, answers: COLOURS.length },
  { name: "size", times: K, answers: SIZES.length },
  { name: "place", times: K, answers: PLACES.length },
  { name: "background", times: 1, answers: BACKGROUNDS.length },
] as const;

/** Width F of a row of facts: the kinds, then the one-hot answers of all questions. */
export const FACT_WIDTH: number = CHOICES.reduce<number>((sum, { times, answers }) => sum + times * answers, K);

/** A scene as facts that tell everything. */
export function sceneFacts(scene: Scene): CaptionFacts {
  return { background: scene.background, things: scene.things };
}

/** Rows of facts `[N, F]`: 1 for what is told, 0 else; a question that is not answered has zeros only. */
export function factRows(facts: readonly CaptionFacts[]): Float32Array {
  const rows = new Float32Array(facts.length * FACT_WIDTH);
  facts.forEach(({ background, things }, n) => {
    const row = rows.subarray(n * FACT_WIDTH, (n + 1) * FACT_WIDTH);
    for (const thing of things) {
      const kind = KINDS.indexOf(thing.kind);
      row[kind] = 1;
      let start = K;
      const answer = (list: readonly string[], value: string | undefined): void => {
        if (value !== undefined) row[start + kind * list.length + list.indexOf(value)] = 1;
        start += K * list.length;
      };
      answer(COLOURS, thing.colour);
      answer(SIZES, thing.size);
      answer(PLACES, thing.place);
    }
    if (background !== undefined) row[FACT_WIDTH - BACKGROUNDS.length + BACKGROUNDS.indexOf(background)] = 1;
  });
  return rows;
}

/**
 * How badly logits tell the facts: the binary cross-entropy of the kinds (sum over kinds, mean over rows) plus, for each
 * question, the cross-entropy over the answers that are told.
 *
 * @param logits `[N, F]`
 * @param targets `[N, F]` of {@link factRows}
 * @returns a scalar
 */
export function factLoss(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const rows = logits.shape[0];
    const kinds = tf.slice(logits, [0, 0], [rows, K]); // [N, K]
    const told = tf.slice(targets, [0, 0], [rows, K]);
    // softplus(x) - t x is the cross-entropy of a sigmoid
    let loss = tf.div(tf.sum(tf.sub(tf.softplus(kinds), tf.mul(told, kinds))), rows);
    let start = K;
    for (const { times, answers } of CHOICES) {
      const width = times * answers;
      const part = (x: tf.Tensor2D): tf.Tensor =>
        tf.reshape(tf.slice(x, [0, start], [rows, width]), [rows * times, answers]);
      const answer = part(targets); // [N * times, answers]
      const right = tf.sum(tf.mul(answer, tf.logSoftmax(part(logits))));
      loss = tf.sub(loss, tf.div(right, tf.maximum(tf.sum(answer), 1)));
      start += width;
    }
    return loss as tf.Scalar;
  });
}
