/**
 * For each query the number of items that are more similar than the correct one, without storing the whole matrix of
 * similarities.
 */
import { gemmOn, WORK } from "./wasm/matrix_product.ts";
import { OwnHeap } from "./wasm/own_heap.ts";

/** Rows of equal width D. */
export interface Rows {
  /** `[N, D]`, row-major. */
  values: Float32Array;
  /** D. */
  width: number;
}

/** The correct column of each row. */
export interface Own {
  /** `[N]`: the similarity of each row to its column. */
  similarity: Float32Array;
  /** `[N]`: the index of the column. */
  partner: ArrayLike<number>;
}

/** Rows of similarities per block. */
const BLOCK = 512;

/**
 * For each row of `a` the number of rows of `b` that rank before its partner by `a . b`; and for each of the rows `counted`
 * the number of rows of `a` that rank before it for its partner. What is more similar ranks before, or what is equally
 * similar and has a lower index.
 *
 * The similarities are matrix products of blocks, computed once. If a similarity is so close to the partner's that rounding
 * could decide, it is recomputed by {@link exactly}. So the counts equal those of the plain loops, whichever library
 * multiplies.
 *
 * @returns counts of `rows` `[N]`, and of `columns`, one for each of `counted`
 * @throws {RangeError} if a value is not finite.
 */
export function countAbove(
  a: Rows,
  b: Rows,
  own: Own,
  counted: ArrayLike<number>,
): { rows: Int32Array; columns: Int32Array } {
  const { width } = a, { similarity, partner } = own;
  const [count, columns] = [a.values.length / width, b.values.length / width];
  // Rows of b are sorted by how many counted rows they have: those with more than t, which turn t compares, come first.
  const members: number[][] = Array.from({ length: columns }, () => []); // of each row of b, indices of `counted`
  for (let at = 0; at < counted.length; at++) members[partner[counted[at]!]!]!.push(at);
  const order = Int32Array.from(members.keys()).sort((i, j) => members[j]!.length - members[i]!.length || i - j);
  const most = Math.max(1, members[order[0]!]?.length ?? 0);
  const turns = Array.from({ length: most }, (_, t) => {
    return t === 0 ? columns : order.findLastIndex((i) => members[i]!.length > t) + 1;
  });
  const bounds = turns.reduce((sum, size) => sum + size + 4, 0);
  const heap = new OwnHeap((BLOCK + columns) * width + BLOCK * columns + 3 * bounds + 2 * columns + WORK + 64);
  const gemm = gemmOn(heap);
  const [left, right, block] = [heap.give(BLOCK * width), heap.give(columns * width), heap.give(BLOCK * columns)];
  const [nearRow, nearColumns, found] = [heap.give(columns), heap.give(columns), heap.give(4)];
  const sorted = heap.floats(right, columns * width);
  order.forEach((i, c) => sorted.set(b.values.subarray(i * width, (i + 1) * width), c * width));
  const [longestA, longestB] = [longest(a), longest(b)];
  // Bounds the error of a sum of D products in single precision, in any order.
  const slack = (width + 4) * 2 ** -24 * longestA * longestB + 1e-37;
  if (!Number.isFinite(slack)) throw new RangeError("Cannot rank as a feature is not finite");
  const compared = turns.map((size, t) => {
    const [lows, highs, above] = [heap.give(size), heap.give(size), heap.give(size)];
    const [lowest, highest] = [heap.floats(lows, size), heap.floats(highs, size)];
    for (let c = 0; c < size; c++) {
      const at = members[order[c]!]![t]; // without one, nothing is above or near
      const bound = at === undefined ? Infinity : similarity[counted[at]!]!;
      [lowest[c], highest[c]] = [bound - slack, bound + slack];
    }
    return { size, lows, highs, above };
  });
  const [rowCounts, columnCounts] = [new Int32Array(count), new Int32Array(counted.length)];
  const [inRow, inColumns, counts] = [
    heap.integers(nearRow, columns),
    heap.integers(nearColumns, columns),
    heap.integers(found, 3),
  ];
  const rank = heap.kernel("rank_row");
  for (let start = 0; start < count; start += BLOCK) {
    const rows = Math.min(BLOCK, count - start);
    heap.floats(left, rows * width).set(a.values.subarray(start * width, (start + rows) * width));
    gemm(false, true, rows, columns, width, 1, left, width, right, width, 0, block, columns);
    for (let row = 0; row < rows; row++) {
      const n = start + row, own = similarity[n]!, at = block + row * columns * 4;
      compared.forEach(({ size, lows, highs, above }, t) => {
        const [low, high] = t === 0 ? [own - slack, own + slack] : [Infinity, Infinity]; // a row is counted once
        rank(at, size, low, high, lows, highs, above, nearRow, nearColumns, found);
        rowCounts[n]! += counts[0]!;
        for (let j = 0; j < counts[1]!; j++) {
          const i = order[inRow[j]!]!;
          if (i !== partner[n] && isBefore(exactly(a, n, b, i), own, i, partner[n]!)) rowCounts[n]!++;
        }
        for (let j = 0; j < counts[2]!; j++) {
          const i = order[inColumns[j]!]!, one = members[i]![t]!, best = counted[one]!;
          if (n !== best && isBefore(exactly(a, n, b, i), similarity[best]!, n, best)) columnCounts[one]!++;
        }
      });
    }
  }
  compared.forEach(({ size, above }, t) => {
    heap.integers(above, size).forEach((more, c) => {
      const one = members[order[c]!]![t];
      if (one !== undefined) columnCounts[one]! += more;
    });
  });
  return { rows: rowCounts, columns: columnCounts };
}

/** The similarity of row n of `a` and row i of `b`: summed in double precision, rounded to single. */
export function exactly(a: Rows, n: number, b: Rows, i: number): number {
  const { width } = a;
  let sum = 0;
  for (let d = 0, p = n * width, q = i * width; d < width; d++, p++, q++) sum += a.values[p]! * b.values[q]!;
  return Math.fround(sum);
}

const isBefore = (other: number, own: number, index: number, ownIndex: number): boolean =>
  other > own || (other === own && index < ownIndex);

/** The length of the longest row; NaN or Infinity if a value is not finite. */
function longest({ values, width }: Rows): number {
  let most = 0;
  for (let from = 0; from < values.length; from += width) {
    let squares = 0;
    for (let d = from; d < from + width; d++) squares += values[d]! ** 2;
    if (!(squares <= most)) most = squares;
    if (!Number.isFinite(most)) return NaN;
  }
  return Math.sqrt(most);
}
