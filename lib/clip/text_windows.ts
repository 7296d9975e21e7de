/**
 * Texts that are longer than the text tower, read in overlapping windows.
 *
 * @module
 */

/** How a text is cut into windows. */
export interface TextWindowOptions {
  /** Tokens that a window holds at most, SOS and EOS not counted; see {@link textCapacity}. */
  capacity: number;
  /** Tokens that neighbouring windows share at least. Default a quarter of the capacity. */
  overlap?: number | undefined;
}

/**
 * Tokens of a text that a row holds beside SOS, EOS and the prompts, which push the text M places to the right.
 *
 * @param places L, tokens of a row; 77 in OpenAI's models
 * @param prompts M. Default 0.
 * @throws {RangeError} where no place is left.
 */
export function textCapacity(places: number, prompts: number = 0): number {
  const capacity = places - 2 - prompts;
  if (!(capacity >= 1)) {
    throw new RangeError(`Cannot read text as ${prompts} prompts leave ${capacity} of ${places} places: expected 1`);
  }
  return capacity;
}

/**
 * Cuts a text's tokens into the fewest windows of at most `capacity` tokens that share at least `overlap` tokens with their
 * neighbours. All windows are equally long and evenly spread, so that every word counts about as much as the others; the
 * last is as long as the first. A text that fits is its only window.
 *
 * @param tokens without SOS and EOS
 * @throws {RangeError} where the capacity is no whole number from 1 on, or the overlap none from 0 to `capacity - 1`.
 *
 * @example
 * ```ts
 * import { textWindows } from "./text_windows.ts";
 * const windows = textWindows([1, 2, 3, 4, 5, 6, 7], { capacity: 4, overlap: 1 });
 * if (JSON.stringify(windows) !== "[[1,2,3,4],[4,5,6,7]]") throw new Error(JSON.stringify(windows));
 * ```
 */
export function textWindows(tokens: readonly number[], options: TextWindowOptions): number[][] {
  const { capacity, overlap = Math.floor(capacity / 4) } = options;
  if (!(Number.isInteger(capacity) && capacity >= 1)) {
    throw new RangeError(
      `Cannot cut text as 'capacity' must be a whole number from 1 on: current value is ${capacity}`,
    );
  }
  if (!(Number.isInteger(overlap) && overlap >= 0 && overlap < capacity)) {
    throw new RangeError(
      `Cannot cut text as 'overlap' must be a whole number from 0 to ${capacity - 1}: current value is ${overlap}`,
    );
  }
  const total = tokens.length;
  if (total <= capacity) return [[...tokens]];
  const count = Math.ceil((total - overlap) / (capacity - overlap));
  const length = Math.ceil((total + (count - 1) * overlap) / count);
  const step = (total - length) / (count - 1);
  return Array.from({ length: count }, (_, i) => {
    const start = Math.round(i * step);
    return tokens.slice(start, start + length);
  });
}
