/**
 * Retrieval among few candidates: which of a group of near-equal items is the right one?
 *
 * @module
 */

/** Rows of length 1, `[N, D]` row-major. */
export interface UnitRows {
  /** The values. */
  values: Float32Array;
  /** Width D. */
  width: number;
}

/** The answer to one query among its candidates. */
export interface TwinAnswer {
  /** The candidate with the highest similarity; the first of equal ones. */
  chosen: number;
  /** Place of the right one, from 1 on; of equally similar ones the lower index stands first. */
  rank: number;
}

/**
 * Ranks the right item of each query among its candidates only.
 *
 * @param queries `[N, D]`
 * @param items `[I, D]`
 * @param right each query's right item
 * @param candidates each query's candidates, the right one among them
 * @throws {RangeError} where a query's right item is none of its candidates, or an index is out of range.
 *
 * @example
 * ```ts
 * import { twinAnswers } from "./twin_recall.ts";
 * const items = { values: new Float32Array([1, 0, 0, 1, 0.6, 0.8]), width: 2 };
 * const [answer] = twinAnswers({ values: new Float32Array([0.8, 0.6]), width: 2 }, items, [1], [[1, 2]]);
 * if (answer?.chosen !== 2 || answer.rank !== 2) throw new Error("item 2 is nearer, item 0 no candidate");
 * ```
 */
export function twinAnswers(
  queries: UnitRows,
  items: UnitRows,
  right: readonly number[],
  candidates: readonly (readonly number[])[],
): TwinAnswer[] {
  const { width } = queries;
  const count = items.values.length / width;
  return right.map((own, query) => {
    const among = candidates[query] ?? [];
    if (!among.includes(own) || among.some((item) => !(item >= 0 && item < count))) {
      throw new RangeError(
        `Cannot rank query ${query} as its right item ${own} must be among its candidates: ${among}`,
      );
    }
    const similarity = (item: number): number => {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += queries.values[query * width + d]! * items.values[item * width + d]!;
      return sum;
    };
    const sorted = [...among].sort((a, b) => similarity(b) - similarity(a) || a - b);
    return { chosen: sorted[0] as number, rank: sorted.indexOf(own) + 1 };
  });
}
