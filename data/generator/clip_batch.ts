/**
 * Batches for the tiny CLIP's pretraining.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { CLIP_MEAN, CLIP_STD } from "../../lib/image/preprocess.ts";
import type { Random } from "../../lib/random.ts";
import { type CaptionFacts, factsHold } from "./captions.ts";
import { type Family, joinedCaptions, trainingText } from "./clip_world.ts";
import { BACKGROUNDS, COLOURS, KINDS, PLACES, type Scene, SIZES } from "./scene.ts";

const TABLES = CLIP_MEAN.map((mean, c) =>
  Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / (CLIP_STD[c] as number))
);

/**
 * Normalizes an image: RGB bytes `[S * S * 3]` (row, column, color) to `[3 * S * S]` (color, row, column).
 *
 * @param shift moves the image by whole pixels (right, down) and repeats its edge. Default none.
 */
export function normalizeImage(
  rgb: Uint8Array,
  size: number,
  shift: readonly [number, number] = [0, 0],
): Float32Array {
  const result = new Float32Array(3 * size * size);
  const inside = (place: number): number => place < 0 ? 0 : place >= size ? size - 1 : place;
  for (let c = 0; c < 3; c++) {
    const table = TABLES[c] as Float32Array;
    let to = c * size * size;
    for (let y = 0; y < size; y++) {
      const row = inside(y - shift[1]) * size;
      for (let x = 0; x < size; x++) {
        result[to++] = table[rgb[(row + inside(x - shift[0])) * 3 + c] as number] as number;
      }
    }
  }
  return result;
}

const K: number = KINDS.length;
/** Questions with one answer: how often each is asked (once, or once per kind) and its number of answers. */
const CHOICES = [
  { name: "colour", times: K, answers: COLOURS.length },
  { name: "size", times: K, answers: SIZES.length },
  { name: "place", times: K, answers: PLACES.length },
  { name: "background", times: 1, answers: BACKGROUNDS.length },
] as const;

/** Width F of a row of facts: the kinds, then the one-hot answers of all questions. */
export const FACT_WIDTH: number = CHOICES.reduce<number>((sum, { times, answers }) => sum + times * answers, K);

/** All facts of a scene. */
export function sceneFacts(scene: Scene): CaptionFacts {
  return { background: scene.background, things: scene.things };
}

/** Rows of facts `[N, F]`: 1 for a stated fact, else 0; an unanswered question has only zeros. */
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
 * The loss of predicted facts: the binary cross-entropy of the kinds (sum over kinds, mean over rows) plus, for each
 * question, the cross-entropy over the stated answers.
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

/** A batch on the host; `C` texts per image; text `c * B + i` belongs to image `i`. */
export interface ClipBatch {
  /** B normalized images `[3 * S * S]`. */
  pixels: Float32Array[];
  /** `C * B` rows of token ids of one length, marks included. */
  ids: number[][];
  /** `[C * B, B]`: 1 if a text is true of another's image. */
  alsoTrue: Float32Array;
  /** `[B, F]` facts of the images. */
  imageFacts: Float32Array;
  /** `[C * B, F]` facts of the texts. */
  textFacts: Float32Array;
}

/** What batches are drawn from. */
export interface BatchSource {
  /** Scenes with their twins. */
  families: readonly Family[];
  /** Two images per family, in the order of the families. */
  pictures: readonly Uint8Array[];
  /** Height and width of an image. */
  size: number;
  /** Text to ids, marks included. */
  encode: (text: string) => number[];
  /** Fills a row behind its end. */
  pad: number;
  /** Captions of the bundled corpora, which are never used for training; default none. */
  reserved?: ReadonlySet<string>;
}

/** How batches are drawn. */
export interface BatchOptions {
  /** Images per batch, B. */
  size: number;
  /** How many of them are twins of others in the batch (scene and twin count as one). */
  twins: number;
  /** Texts per image, C; default 1. */
  captions?: number;
  /** Share of batches with joined captions for every second image. */
  joined: number;
}

/** Draws one batch: scenes without repetition, some together with their twin, and fresh texts. */
export function drawBatch(source: BatchSource, options: BatchOptions, random: Random): ClipBatch {
  const { families, pictures, size } = source;
  const scenes: Scene[] = [];
  const pixels: Float32Array[] = [];
  const chosen = new Set<number>();
  while (chosen.size < options.size - options.twins) chosen.add(random.integer(families.length));
  let twins = options.twins;
  for (const family of chosen) {
    const both = twins-- > 0;
    const first = random.integer(2);
    for (const member of both ? [0, 1] : [first]) {
      scenes.push((families[family] as Family)[member] as Scene);
      const shift: [number, number] = [random.integer(3) - 1, random.integer(3) - 1];
      pixels.push(normalizeImage(pictures[2 * family + member] as Uint8Array, size, shift));
    }
  }
  const long = random.next() < options.joined;
  const texts = Array.from(
    { length: options.captions ?? 1 },
    () =>
      scenes.map((scene, i) =>
        long && i % 2 === 0
          ? joinedCaptions(scene, 2 + random.integer(3), random, source.reserved)
          : trainingText(scene, random, source.reserved)
      ),
  ).flat();
  const facts = texts.map((text) => text.facts);
  return {
    pixels,
    ids: padded(texts.map(({ text }) => source.encode(text)), source.pad),
    alsoTrue: truths(facts, scenes),
    imageFacts: factRows(scenes.map(sceneFacts)),
    textFacts: factRows(facts),
  };
}

/** Rows of one length, the longest's. */
export function padded(rows: readonly number[][], pad: number): number[][] {
  const length = Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...new Array<number>(length - row.length).fill(pad)]);
}

function truths(facts: readonly CaptionFacts[], scenes: readonly Scene[]): Float32Array {
  const result = new Float32Array(facts.length * scenes.length); // [C * B, B]
  facts.forEach((told, t) => {
    scenes.forEach((scene, i) => {
      if (i !== t % scenes.length && factsHold(told, scene)) result[t * scenes.length + i] = 1;
    });
  });
  return result;
}
