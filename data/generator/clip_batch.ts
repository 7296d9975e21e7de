/**
 * Batches for the tiny CLIP's pretraining.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { CLIP_MEAN, CLIP_STD } from "../../lib/image/preprocess.ts";
import type { Random } from "../../lib/random.ts";
import { type Caption, type CaptionFacts, factsHold } from "./captions.ts";
import { differingFact, type Family, joinedCaptions, mirrored, tellingText, trainingText } from "./clip_world.ts";
import { BACKGROUNDS, COLOURS, type Fact, KINDS, PLACES, type Scene, sceneKey, SIZES } from "./scene.ts";

const TABLES = CLIP_MEAN.map((mean, c) =>
  Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / (CLIP_STD[c] as number))
);

/**
 * Normalizes an image: RGB bytes `[S * S * 3]` (row, column, color) to `[3 * S * S]` (color, row, column).
 *
 * @param change.shift moves the image by whole pixels (right, down) and repeats its edge. Default none.
 * @param change.mirrored exchanges left and right first. Default false.
 */
export function normalizeImage(
  rgb: Uint8Array,
  size: number,
  { shift = [0, 0], mirrored = false }: { shift?: readonly [number, number]; mirrored?: boolean } = {},
): Float32Array {
  const result = new Float32Array(3 * size * size);
  const inside = (place: number): number => place < 0 ? 0 : place >= size ? size - 1 : place;
  for (let c = 0; c < 3; c++) {
    const table = TABLES[c] as Float32Array;
    let to = c * size * size;
    for (let y = 0; y < size; y++) {
      const row = inside(y - shift[1]) * size;
      for (let x = 0; x < size; x++) {
        const column = inside(x - shift[0]);
        const from = row + (mirrored ? size - 1 - column : column);
        result[to++] = table[rgb[from * 3 + c] as number] as number;
      }
    }
  }
  return result;
}

const K: number = KINDS.length;
/** Questions with one answer: how often each is asked (once, per kind, or per place) and its number of answers. */
const CHOICES = [
  { name: "colour of a kind", times: K, answers: COLOURS.length },
  { name: "size of a kind", times: K, answers: SIZES.length },
  { name: "place of a kind", times: K, answers: PLACES.length },
  { name: "background", times: 1, answers: BACKGROUNDS.length },
  { name: "kind at a place", times: PLACES.length, answers: K },
  { name: "colour at a place", times: PLACES.length, answers: COLOURS.length },
  { name: "size at a place", times: PLACES.length, answers: SIZES.length },
] as const;

const widthOf = (choices: readonly { times: number; answers: number }[]): number =>
  choices.reduce((sum, { times, answers }) => sum + times * answers, K);
/** Width F of a row of facts: the kinds, then the one-hot answers of all questions. */
export const FACT_WIDTH: number = widthOf(CHOICES);
/** Width of a row without the questions of what is where. */
export const KIND_FACT_WIDTH: number = widthOf(CHOICES.slice(0, 4));

/** All facts of a scene. */
export function sceneFacts(scene: Scene): CaptionFacts {
  return { background: scene.background, things: scene.things };
}

/**
 * Rows of facts `[N, F]`: 1 for a stated fact, else 0; an unanswered question has only zeros.
 *
 * @param width F; {@link KIND_FACT_WIDTH} leaves out what is where. Default {@link FACT_WIDTH}.
 */
export function factRows(facts: readonly CaptionFacts[], width: number = FACT_WIDTH): Float32Array {
  const rows = new Float32Array(facts.length * width);
  facts.forEach(({ background, things }, n) => {
    const row = rows.subarray(n * width, (n + 1) * width);
    let start: number;
    const answer = (asked: readonly string[], about: string | undefined, list: readonly string[], value?: string) => {
      if (about !== undefined && value !== undefined) {
        row[start + asked.indexOf(about) * list.length + list.indexOf(value)] = 1; // beyond a narrow row: ignored
      }
      start += asked.length * list.length;
    };
    for (const { kind, colour, size, place } of things) {
      row[KINDS.indexOf(kind)] = 1;
      start = K;
      answer(KINDS, kind, COLOURS, colour);
      answer(KINDS, kind, SIZES, size);
      answer(KINDS, kind, PLACES, place);
      start += BACKGROUNDS.length;
      answer(PLACES, place, KINDS, kind);
      answer(PLACES, place, COLOURS, colour);
      answer(PLACES, place, SIZES, size);
    }
    if (background !== undefined) row[KIND_FACT_WIDTH - BACKGROUNDS.length + BACKGROUNDS.indexOf(background)] = 1;
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
      if (start >= logits.shape[1]) break; // a narrow row
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
  /** How many pairs of a batch are a scene and its twin, both in the batch. */
  twins: number;
  /** Texts per image, C; default 1. */
  captions?: number;
  /** Share of batches with joined captions for every second image. */
  joined: number;
  /** Width F of the rows of facts; default {@link FACT_WIDTH}. */
  factWidth?: number;
  /** Default none. */
  hard?: HardPairs;
}

/** Pairs that teach more than twins drawn evenly. Mirrored scenes are of the use of their scene too. */
export interface HardPairs {
  /** Share of pairs that are an image and its mirror image; half of the images without pair are mirrored too. */
  mirrored: number;
  /** Share of texts in pairs that are false of the other image. */
  telling: number;
  /** How readily a family is a pair, by the fact in which its twins differ. */
  facts: Readonly<Record<Fact, number>>;
}

/** A scene of a batch with its normalized image; `other` is the second scene of its pair. */
interface Drawn {
  scene: Scene;
  pixels: Float32Array;
  other?: Scene;
}

/** Draws one batch: scenes without repetition, some together with their twin, and fresh texts. */
export function drawBatch(source: BatchSource, options: BatchOptions, random: Random): ClipBatch {
  const { reserved } = source;
  const { hard, factWidth } = options;
  const drawn = drawImages(source, options, random);
  const scenes = drawn.map(({ scene }) => scene);
  const long = random.next() < options.joined;
  const textOf = ({ scene, other }: Drawn, i: number): Caption => {
    if (long && i % 2 === 0) return joinedCaptions(scene, 2 + random.integer(3), random, reserved);
    if (hard && other && random.next() < hard.telling) return tellingText(scene, other, random, reserved);
    return trainingText(scene, random, reserved);
  };
  const texts = Array.from({ length: options.captions ?? 1 }, () => drawn.map(textOf)).flat();
  const facts = texts.map((text) => text.facts);
  return {
    pixels: drawn.map(({ pixels }) => pixels),
    ids: padded(texts.map(({ text }) => source.encode(text)), source.pad),
    alsoTrue: truths(facts, scenes),
    imageFacts: factRows(scenes.map(sceneFacts), factWidth),
    textFacts: factRows(facts, factWidth),
  };
}

function drawImages(source: BatchSource, { size, twins, hard }: BatchOptions, random: Random): Drawn[] {
  const { families, pictures } = source;
  const chosen = new Set<number>();
  while (chosen.size < size - twins) {
    const family = random.integer(families.length);
    const paired = hard && chosen.size < twins;
    if (paired && random.next() >= hard.facts[differingFact(families[family] as Family)]) continue;
    chosen.add(family);
  }
  const drawn: Drawn[] = [];
  let pairs = twins;
  for (const family of chosen) {
    const both = pairs-- > 0;
    const first = random.integer(2);
    const sceneOf = (member: number): Scene => (families[family] as Family)[member] as Scene;
    const mirror = hard && mirrored(sceneOf(first));
    const mirrorPair = both && mirror && random.next() < hard.mirrored && sceneKey(mirror) !== sceneKey(sceneOf(first));
    const mirrorOne = !both && mirror && random.next() < 0.5;
    const members = mirrorPair ? [first, first] : both ? [0, 1] : [first];
    members.forEach((member, i) => {
      const turned = mirrorOne || mirrorPair && i === 1 ? mirror : undefined;
      const shift: [number, number] = [random.integer(3) - 1, random.integer(3) - 1];
      const rgb = pictures[2 * family + member] as Uint8Array;
      drawn.push({
        scene: turned ?? sceneOf(member),
        pixels: normalizeImage(rgb, source.size, { shift, mirrored: turned !== undefined }),
      });
    });
    const [one, two] = drawn.slice(-2) as [Drawn, Drawn];
    if (both) [one.other, two.other] = [two.scene, one.scene];
  }
  return drawn;
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
