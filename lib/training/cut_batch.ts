/**
 * A batch cut into micro-batches.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import type { TokenIds } from "../clip/text_tower.ts";
import type { Speech } from "../systems/brewclip.ts";
import type { PairBatch } from "./gradients.ts";

/** A piece of a batch. */
export interface Piece<T> {
  /** Its first row among all rows. */
  from: number;
  /** Makes the piece; tensors that it makes are the caller's. */
  take: () => T;
}

/** The pieces of both sides. */
export interface CutBatch {
  /** Pictures, each different one once. */
  pictures: Piece<Pixels>[];
  /** For each pair the row of its picture among the different ones; undefined where all differ. */
  rows: number[] | undefined;
  /** Recordings, in the order of the pairs. */
  speech: Piece<Speech>[];
}

/**
 * Cuts a batch into pieces of at most `size` pairs and of at most `size` different pictures; a picture that is given twice,
 * as the same array, is in one piece only.
 */
export function cutBatch(batch: PairBatch, size: number): CutBatch {
  const { pixels } = batch;
  if (pixels instanceof tf.Tensor) {
    const pairs = pixels.shape[0] as number;
    return {
      pictures: pieces(pairs, size, (from, to) => slice(pixels, from, to)),
      rows: undefined,
      speech: pieces(pairs, size, (from, to) => cutSpeech(batch, pairs, from, to)),
    };
  }
  const places = new Map<Float32Array, number>();
  const rows = pixels.map((picture) => {
    if (!places.has(picture)) places.set(picture, places.size);
    return places.get(picture) as number;
  });
  const different = [...places.keys()];
  return {
    pictures: pieces(different.length, size, (from, to) => different.slice(from, to)),
    rows: different.length < pixels.length ? rows : undefined,
    speech: pieces(pixels.length, size, (from, to) => cutSpeech(batch, pixels.length, from, to)),
  };
}

/** The pieces [0, size), [size, 2 size), ... of `count` rows. */
function pieces<T>(count: number, size: number, take: (from: number, to: number) => T): Piece<T>[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    from: i * size,
    take: () => take(i * size, Math.min(count, (i + 1) * size)),
  }));
}

/** The recordings [from, to), with all text windows of each. */
function cutSpeech({ ids, states, lengths, windows }: Speech, pairs: number, from: number, to: number): Speech {
  const counts = windows && Array.from(windows);
  const sum = (end: number) => counts ? counts.slice(0, end).reduce((total, n) => total + n, 0) : end;
  return {
    ids: ids && cutIds(ids, sum(pairs), sum(from), sum(to)),
    states: states && slice(states, from, to),
    lengths: lengths && Array.from(lengths).slice(from, to),
    windows: counts?.slice(from, to),
  };
}

function cutIds(ids: TokenIds, rows: number, from: number, to: number): TokenIds {
  if (!(ids instanceof Int32Array)) return ids.slice(from, to);
  const length = ids.length / rows;
  return ids.subarray(from * length, to * length);
}

/** The rows [from, to) of a tensor. */
function slice<T extends tf.Tensor>(x: T, from: number, to: number): T {
  const others = x.shape.slice(1);
  return tf.slice(x, [from, ...others.map(() => 0)], [to - from, ...others]);
}
