/** The second stage of a search: the best candidates of a first ranking, in the order of a slower score. */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { exactly } from "../runtime/count_above.ts";
import type { Features, Model, Rerank } from "../systems/system.ts";

/** The features of one image or recording on the host, each without its first dimension. */
export type HostRow = Record<string, { values: Float32Array; shape: readonly number[] }>;

/** Candidates of each query, best first: indices of images for recordings, and the other way round. */
export interface Reranked {
  speech2image: number[][];
  image2speech: number[][];
  /** Seconds to score a pair. */
  secondsPerPair: number;
}

/** Pairs per pass. */
const PAIRS = 64;

/** Copies the rows of features to the host. */
export async function hostRows(features: Features): Promise<HostRow[]> {
  const rows: HostRow[] = [];
  for (const [name, tensor] of Object.entries(features)) {
    const values = await tensor.data();
    const size = tensor.size / (tensor.shape[0] as number);
    for (let row = 0; row < (tensor.shape[0] as number); row++) {
      (rows[row] ??= {})[name] = {
        values: Float32Array.from(values.slice(row * size, (row + 1) * size)),
        shape: tensor.shape.slice(1),
      };
    }
  }
  return rows;
}

/**
 * Orders the `top` best candidates of every query by the model's second score; ties in the first order.
 *
 * @param of rows of both sides; `speech` `[R, width]` and `images` `[I, width]` give the first order by their dot products
 * @throws {InputError} if a score is not a finite number.
 */
export async function rerank<M extends Model>(
  model: M,
  { top, score }: Pick<Rerank<M>, "top" | "score">,
  { images, speech, width, imageRows, speechRows }: {
    images: Float32Array;
    speech: Float32Array;
    width: number;
    imageRows: readonly HostRow[];
    speechRows: readonly HostRow[];
  },
): Promise<Reranked> {
  const count = imageRows.length;
  const [rows, columns] = [{ values: speech, width }, { values: images, width }];
  const best = (candidates: number, similarity: (candidate: number) => number): number[] => {
    const values = Float32Array.from({ length: candidates }, (_, i) => similarity(i));
    return Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b).slice(0, top);
  };
  const ofSpeech = speechRows.map((_, n) => best(count, (i) => exactly(rows, n, columns, i)));
  const ofImages = imageRows.map((_, i) => best(speechRows.length, (n) => exactly(rows, n, columns, i)));
  const pairs = [
    ...new Set([
      ...ofSpeech.flatMap((candidates, n) => candidates.map((i) => n * count + i)),
      ...ofImages.flatMap((candidates, i) => candidates.map((n) => n * count + i)),
    ]),
  ];
  const scores = new Map<number, number>();
  const start = performance.now();
  for (let at = 0; at < pairs.length; at += PAIRS) {
    const chunk = pairs.slice(at, at + PAIRS);
    const found = tf.tidy(() =>
      score(
        model,
        collate(chunk.map((pair) => imageRows[pair % count]!)),
        collate(chunk.map((pair) => speechRows[Math.floor(pair / count)]!)),
      )
    );
    const values = await found.data<"float32">();
    found.dispose();
    if (!values.every(Number.isFinite)) {
      throw new InputError("Cannot rank as a score is not a finite number: the weights of the checkpoint are damaged.");
    }
    chunk.forEach((pair, i) => scores.set(pair, values[i]!));
  }
  const secondsPerPair = (performance.now() - start) / 1000 / pairs.length;
  const ordered = (candidates: number[], pair: (candidate: number) => number): number[] =>
    candidates.map((candidate, i) => ({ candidate, i, score: scores.get(pair(candidate))! }))
      .sort((a, b) => b.score - a.score || a.i - b.i).map(({ candidate }) => candidate);
  return {
    speech2image: ofSpeech.map((candidates, n) => ordered(candidates, (i) => n * count + i)),
    image2speech: ofImages.map((candidates, i) => ordered(candidates, (n) => n * count + i)),
    secondsPerPair,
  };
}

/** Stacks rows; those of different lengths are padded with zeros. */
function collate(rows: readonly HostRow[]): Features {
  return Object.fromEntries(
    Object.entries(rows[0]!).map(([name, { shape }]) => {
      const longest = Math.max(1, ...rows.map((row) => row[name]!.shape[0] ?? 1));
      const padded = shape.length === 0 ? [] : [longest, ...shape.slice(1)];
      const size = padded.reduce((product, side) => product * side, 1);
      const values = new Float32Array(rows.length * size);
      rows.forEach((row, i) => values.set(row[name]!.values, i * size));
      return [name, tf.tensor(values, [rows.length, ...padded])];
    }),
  );
}
