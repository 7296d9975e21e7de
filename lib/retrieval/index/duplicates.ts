/** Near-duplicates: groups of images whose embeddings are almost the same. */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../errors.ts";

/** A group of near-duplicates: the rows, and the cosine of each with the nearest other row of the group. */
export type DuplicateGroup = { index: number; score: number }[];

/** Rows that are compared with all others at once. */
const BLOCK = 1024;

/**
 * Groups rows that a chain of similarities of at least `least` connects. Every two rows are compared.
 *
 * @param rows normalized, `[n, D]`
 * @returns the groups, the largest first; rows in order
 * @throws {InputError} if `least` is not in (0, 1]; the signal's reason.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { duplicateGroups } from "./duplicates.ts";
 * await tf.setBackend("cpu");
 * const rows = { data: new Float32Array([1, 0, 0, 1, 1, 0]), shape: [3, 2] as const };
 * const [group] = await duplicateGroups(rows, { least: 0.99 });
 * if (group?.map(({ index }) => index).join() !== "0,2") throw new Error("expected the first and the last");
 * ```
 */
export async function duplicateGroups(
  { data, shape: [count, width] }: { data: Float32Array; shape: readonly [number, number] },
  { least, progress, signal }: {
    least: number;
    progress?: (done: number, total: number) => void;
    signal?: AbortSignal;
  },
): Promise<DuplicateGroup[]> {
  if (!(least > 0 && least <= 1)) {
    throw new InputError(`Cannot find duplicates as the similarity must be above 0 and at most 1: it is ${least}.`);
  }
  const bound = least - 1e-6; // a row times itself is not exactly 1
  const parent = Uint32Array.from({ length: count }, (_, i) => i);
  const best = new Float32Array(count);
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]!]!;
    return i;
  };
  const block = (first: number) => {
    const rows = Math.min(BLOCK, count - first);
    return tf.tensor2d(data.subarray(first * width, (first + rows) * width), [rows, width]);
  };
  for (let first = 0; first < count; first += BLOCK) {
    const left = block(first);
    try {
      for (let second = first; second < count; second += BLOCK) {
        signal?.throwIfAborted();
        const product = tf.tidy(() => tf.matMul(left, block(second), false, true)); // [rows, D] x [D, columns]
        const scores = await product.data<"float32">().finally(() => product.dispose());
        const columns = product.shape[1]!;
        for (let at = 0; at < scores.length; at++) {
          if (!(scores[at]! >= bound)) continue;
          const [i, j] = [first + Math.floor(at / columns), second + at % columns];
          if (i >= j) continue;
          parent[root(j)] = root(i);
          best[i] = Math.max(best[i]!, scores[at]!);
          best[j] = Math.max(best[j]!, scores[at]!);
        }
      }
    } finally {
      left.dispose();
    }
    progress?.(Math.min(count, first + BLOCK), count);
  }
  const groups = Map.groupBy(best.keys(), root).values().filter((members) => members.length > 1);
  return [...groups].map((members) => members.map((index) => ({ index, score: Math.min(1, best[index]!) })))
    .sort((a, b) => b.length - a.length || a[0]!.index - b[0]!.index);
}
