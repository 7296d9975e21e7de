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

/** The correct partner of each row or column. */
export interface Own {
  /** The similarity `a . b` to the partner; -Infinity if there is none. */
  similarity: Float32Array;
  /** Index of the partner. */
  partner: Int32Array;
}

/** Rows of similarities per block. */
const BLOCK = 512;

/**
 * For each row of `a` the number of rows of `b` that rank before its partner by `a . b`, and vice versa. A row ranks before
 * the partner if it is more similar, or equally similar with a lower index.
 *
 * The similarities are matrix products of blocks. If a similarity is so close to the partner's that rounding could decide,
 * it is recomputed by {@link exactly}. So the counts equal those of the plain loops, whichever library multiplies.
 *
 * @returns counts of `ofRows` `[N]` and `ofColumns` `[I]`; 0 for a column without a partner
 * @throws {RangeError} if a value is not finite.
 */
export function countAbove(a: Rows, b: Rows, ofRows: Own, ofColumns: Own): { rows: Int32Array; columns: Int32Array } {
  const { width } = a;
  const [count, columns] = [a.values.length / width, b.values.length / width];
  const heap = new OwnHeap((BLOCK + columns) * width + BLOCK * columns + 5 * columns + WORK + 64);
  const gemm = gemmOn(heap);
  const [left, right, block] = [heap.give(BLOCK * width), heap.give(columns * width), heap.give(BLOCK * columns)];
  const [lows, highs, above] = [heap.give(columns), heap.give(columns), heap.give(columns)];
  const [nearRow, nearColumns, found] = [heap.give(columns), heap.give(columns), heap.give(4)];
  heap.floats(right, columns * width).set(b.values);
  const [longestA, longestB] = [longest(a), longest(b)];
  // Bounds the error of a sum of D products in single precision, in any order.
  const slack = (width + 4) * 2 ** -24 * longestA * longestB + 1e-37;
  if (!Number.isFinite(slack)) throw new RangeError("Cannot rank as a feature is not finite");
  const [lowest, highest] = [heap.floats(lows, columns), heap.floats(highs, columns)];
  ofColumns.similarity.forEach((own, i) => {
    // A column without a partner has nothing above or near it.
    [lowest[i], highest[i]] = own === -Infinity ? [Infinity, Infinity] : [own - slack, own + slack];
  });
  const [rowCounts, extra] = [new Int32Array(count), new Int32Array(columns)];
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
      const n = start + row;
      const own = ofRows.similarity[n]!;
      const [at, low, high] = [block + row * columns * 4, own - slack, own + slack];
      rank(at, columns, low, high, lows, highs, above, nearRow, nearColumns, found);
      let before = counts[0]!;
      for (let j = 0; j < counts[1]!; j++) {
        const i = inRow[j]!;
        if (i !== ofRows.partner[n] && isBefore(exactly(a, n, b, i), own, i, ofRows.partner[n]!)) before++;
      }
      rowCounts[n] = before;
      for (let j = 0; j < counts[2]!; j++) {
        const i = inColumns[j]!, best = ofColumns.partner[i]!;
        if (n !== best && isBefore(exactly(a, n, b, i), ofColumns.similarity[i]!, n, best)) extra[i]!++;
      }
    }
  }
  const columnCounts = Int32Array.from(heap.integers(above, columns), (more, i) => more + extra[i]!);
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
