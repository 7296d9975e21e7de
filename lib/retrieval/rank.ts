/**
 * Embeddings and their ranking.
 */
import { InputError } from "../errors.ts";

/** L2-normalized rows. Save them, compare them, or put them in an index. Iterating yields the rows as views of `data`. */
export class Embeddings implements Iterable<Float32Array> {
  /** `[n, D]`, row-major. */
  readonly data: Float32Array;
  /** The number of rows n and their width D. */
  readonly shape: readonly [number, number];

  /** Wraps values without copying them. */
  constructor(data: Float32Array, shape: readonly [number, number]) {
    if (data.length !== shape[0] * shape[1]) {
      throw new RangeError(`Cannot make embeddings of shape [${shape}] from ${data.length} values`);
    }
    this.data = data;
    this.shape = shape;
  }

  /** The rows, `[D]` each. */
  *[Symbol.iterator](): IterableIterator<Float32Array> {
    const [rows, width] = this.shape;
    for (let row = 0; row < rows; row++) yield this.data.subarray(row * width, (row + 1) * width);
  }
}

/** A ranked candidate: its row, and the cosine of its angle with the query, in [-1, 1]. */
export type Match = { index: number; score: number };

/**
 * Ranks candidates by their similarity with a query, best first; ties in order.
 *
 * @param query a row `[D]` of an {@link Embeddings}
 * @param candidates `[n, D]`
 * @param options.top the number of matches to return. Default all.
 * @throws {InputError} if the widths differ, `top` is not a positive whole number, or a value is not finite.
 *
 * @example
 * ```ts
 * import { Embeddings, rank } from "./rank.ts";
 * const images = new Embeddings(new Float32Array([1, 0, 0, 1]), [2, 2]);
 * const [best] = rank(new Float32Array([0.6, 0.8]), images, { top: 1 });
 * if (best?.index !== 1) throw new Error("expected the second image");
 * ```
 */
export function rank(
  query: Float32Array,
  candidates: Pick<Embeddings, "data" | "shape">,
  options: { top?: number } = {},
): Match[] {
  const [rows, width] = candidates.shape;
  const { top = rows } = options;
  if (query.length !== width) {
    throw new InputError(`Cannot rank as the query has ${query.length} values: expected the candidates' ${width}.`);
  }
  if (!(Number.isInteger(top) && top >= (rows === 0 ? 0 : 1))) {
    throw new InputError(`Cannot rank as 'top' must be a positive whole number: it is ${top}.`);
  }
  const scores = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0, at = row * width; i < width; i++, at++) sum += query[i]! * candidates.data[at]!;
    if (!Number.isFinite(sum)) {
      throw new InputError(`Cannot rank as the query or candidate ${row} has a value that is not a finite number.`);
    }
    scores[row] = sum;
  }
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return Array.from(order.subarray(0, top), (index) => ({ index, score: scores[index]! }));
}
