/**
 * Words in lines, each with room for itself.
 *
 * @module
 */
import { shownMap } from "../../systems/relevance.ts";
import type { WordRelevance } from "../../experiments/attention/word_relevance.ts";

/** A word and its place. */
export interface PlacedWord {
  /** As it is read. */
  word: string;
  /** Left end of its cell in CSS pixels, from the left of the lines. */
  x: number;
  /** Width of its cell in CSS pixels. */
  width: number;
  /** Its line, from 0. */
  line: number;
  /** Its relevance as it is shown, in [0, 1]; 0 for a word that was not read. */
  shown: number;
}

/** Widths of letters of 7 points in CSS pixels: enough for the widest of the fonts that serve. */
const LETTER = { narrow: 3.9, usual: 6, wide: 9.2 };
/** CSS pixels on both sides of a word together. */
const AROUND = 7;
/** Lines at most; what does not fit is left out, with an ellipsis. */
const LINES = 7;

/**
 * Breaks words into lines.
 *
 * @param room CSS pixels of a line
 *
 * @example
 * ```ts
 * import { placeWords } from "./word_cells.ts";
 * const { lines } = placeWords([{ word: "one", relevance: 1 }, { word: "two", relevance: 0 }], 30);
 * if (lines !== 2) throw new Error("both do not fit into one line");
 * ```
 */
export function placeWords(words: readonly WordRelevance[], room: number): { words: PlacedWord[]; lines: number } {
  const shown = shownMap(words.map(({ relevance }) => relevance ?? 0));
  const placed: PlacedWord[] = [];
  let x = 0, line = 0;
  for (const [i, { word }] of words.entries()) {
    const text = word.trim();
    const width = widthOf(text) + AROUND;
    if (x > 0 && x + width > room) [x, line] = [0, line + 1];
    if (line === LINES) {
      const last = placed.at(-1)!;
      placed[placed.length - 1] = { ...last, word: "…", width: LETTER.wide + AROUND, shown: 0 };
      break;
    }
    placed.push({ word: text, x, width, line, shown: shown[i]! });
    x += width;
  }
  return { words: placed, lines: words.length === 0 ? 0 : Math.min(line, LINES - 1) + 1 };
}

function widthOf(text: string): number {
  return [...text].reduce(
    (sum, letter) =>
      sum +
      (/[ijlrtfI.,;:'!|]/.test(letter)
        ? LETTER.narrow
        : /[a-hknopqsu-vx-z0-9]/.test(letter)
        ? LETTER.usual
        : LETTER.wide),
    0,
  );
}
