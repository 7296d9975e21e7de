/**
 * Draws the batches of CLIP's pretraining.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";
import { type CaptionFacts, factsHold } from "./captions.ts";
import { factRows, sceneFacts } from "./clip_facts.ts";
import { normalisePicture } from "./clip_pixels.ts";
import { type Family, joinedCaptions, trainingText } from "./clip_world.ts";
import type { Scene } from "./scene.ts";

/** A batch on the host; `C` texts a picture, text `c * B + i` belongs to picture `i`. */
export interface ClipBatch {
  /** B normalised pictures `[3 * S * S]`. */
  pixels: Float32Array[];
  /** `C * B` rows of token ids of one length, marks included. */
  ids: number[][];
  /** `[C * B, B]`: 1 where a text holds of another's picture. */
  alsoTrue: Float32Array;
  /** `[B, F]` facts of the pictures. */
  imageFacts: Float32Array;
  /** `[C * B, F]` facts of the texts. */
  textFacts: Float32Array;
}

/** What batches are drawn from. */
export interface BatchSource {
  /** Scenes with their twins. */
  families: readonly Family[];
  /** Two pictures a family, in the families' order. */
  pictures: readonly Uint8Array[];
  /** Height and width of a picture. */
  size: number;
  /** Text to ids, marks included. */
  encode: (text: string) => number[];
  /** Fills a row behind its end. */
  pad: number;
  /** Captions of the bundled corpora, which are never learnt from; default none. */
  reserved?: ReadonlySet<string>;
}

/** How batches are drawn. */
export interface BatchOptions {
  /** Pictures a batch, B. */
  size: number;
  /** How many of them are twins of others in the batch (scene and twin count as one). */
  twins: number;
  /** Texts a picture, C; default 1. */
  captions?: number;
  /** How often a batch has joined captions, for every second picture. */
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
      pixels.push(normalisePicture(pictures[2 * family + member] as Uint8Array, size, shift));
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
