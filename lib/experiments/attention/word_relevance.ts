/**
 * From the relevance of tokens to that of words.
 *
 * @module
 */

/** A word of a text. */
export interface WordRelevance {
  /** As it stands in the text. */
  word: string;
  /** Sum over its tokens; null where the tower did not read all of them. */
  relevance: number | null;
}

/**
 * Joins tokens to words: a word's relevance is the sum over its tokens, since relevance is a sum over places.
 *
 * @param words of the text, in their order
 * @param lengths tokens of each word
 * @param windows the tokens of each window that the tower read, in their order, and where in the text it begins; a token
 * that is in several windows counts with all of them
 * @throws {RangeError} where a window has tokens past the last word.
 *
 * @example
 * ```ts
 * import { wordRelevance } from "./word_relevance.ts";
 * const found = wordRelevance(["a", "lighthouse", "stands"], [1, 2, 1], [{ from: 0, tokens: [0.1, 0.2, 0.3] }]);
 * if (Math.abs(found[1]!.relevance! - 0.5) > 1e-12 || found[2]!.relevance !== null) throw new Error("not joined");
 * ```
 */
export function wordRelevance(
  words: readonly string[],
  lengths: readonly number[],
  windows: readonly { from: number; tokens: readonly number[] }[],
): WordRelevance[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const ofTokens = new Array<number | undefined>(total).fill(undefined);
  for (const { from, tokens } of windows) {
    if (from + tokens.length > total) {
      throw new RangeError(`Cannot join tokens as a window ends at ${from + tokens.length}: expected at most ${total}`);
    }
    tokens.forEach((value, i) => ofTokens[from + i] = (ofTokens[from + i] ?? 0) + value);
  }
  let start = 0;
  return words.map((word, i) => {
    const mine = ofTokens.slice(start, start += lengths[i]!);
    const read = mine.every((value) => value !== undefined);
    return { word, relevance: read ? mine.reduce((sum, value) => sum + value, 0) : null };
  });
}
