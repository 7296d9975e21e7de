/** Wraps text to a known width with estimated widths of letters, as nothing can measure them here. */
import type { WordRelevance } from "../../experiments/attention/experiment.ts";
import { shownMap } from "../../systems/relevance.ts";
import type { MarkedWord } from "../../text/word_errors.ts";
import { plain } from "./captions.ts";
import { FONT_SIZES } from "./style.ts";

/** Widths of letters relative to their size, in DejaVu Sans, the widest font that may replace Arial. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijl|'’]/, 0.32],
  [/[ftrI.,;:!/\\()[\] -]/, 0.4],
  [/[mMW@%…—&+=<>~]/, 1],
  [/[wA-Z]/, 0.8],
  [/[\u0020-\u04ff]/, 0.635],
];
/** Bold letters are wider by this factor. */
const BOLD = 1.11;

/** An upper estimate in CSS pixels. */
export function textWidth(text: string, { size = FONT_SIZES.small as number, bold = false } = {}): number {
  const letters = [...text].reduce((sum, letter) => sum + (WIDTHS.find(([of]) => of.test(letter))?.[1] ?? 1.02), 0);
  return letters * size * (bold ? BOLD : 1);
}

/** Cuts a text to a width in CSS pixels, with an ellipsis. */
export function fitted(text: string, room: number, { size = FONT_SIZES.small as number, bold = false } = {}): string {
  const letters = [...text];
  if (textWidth(text, { size, bold }) <= room) return text;
  while (letters.length > 0 && textWidth(`${letters.join("")}…`, { size, bold }) > room) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

export function unmarked(text: string): MarkedWord[] {
  return text.split(/\s+/).filter((word) => word !== "").map((word) => ({ word, marked: false }));
}

/**
 * Wraps words with plotly's markup, marked ones bold and underlined. An ellipsis replaces what does not fit.
 *
 * @param room CSS pixels of a line
 * @param most lines
 */
export function textLines(words: readonly MarkedWord[], room: number, most: number, bold = false): string[] {
  const space = textWidth(" ", { bold });
  const lines: { words: MarkedWord[]; width: number }[] = [{ words: [], width: 0 }];
  for (const { word, marked } of words.flatMap((word) => pieces(word, room, bold))) {
    const width = textWidth(word, { bold: bold || marked });
    const line = lines.at(-1)!;
    if (line.words.length === 0 || line.width + space + width <= room) {
      line.width += (line.words.length === 0 ? 0 : space) + width;
      line.words.push({ word, marked });
    } else lines.push({ words: [{ word, marked }], width });
  }
  const shown = lines.slice(0, most);
  if (lines.length > most) {
    const last = shown.at(-1)!, dots = textWidth("…", { bold });
    while (last.words.length > 1 && last.width + space + dots > room) {
      const { word, marked } = last.words.pop()!;
      last.width -= space + textWidth(word, { bold: bold || marked });
    }
    const [only] = last.words;
    if (last.words.length > 1 || last.width + space + dots <= room) last.words.push({ word: "…", marked: false });
    else only!.word = fitted(`${only!.word}…`, room, { bold: bold || only!.marked });
  }
  return shown.map(({ words }) => words.map(({ word, marked }) => marked ? markedText(word) : plain(word)).join(" "))
    .map((line) => bold && line !== "" ? `<b>${line}</b>` : line);
}

export function markedText(text: string): string {
  return `<b><u>${plain(text)}</u></b>`;
}

/** Splits a word that is wider than a line. */
function pieces({ word, marked }: MarkedWord, room: number, bold: boolean): MarkedWord[] {
  const parts = [""];
  for (const letter of word) {
    const longer = parts.at(-1)! + letter;
    if (parts.at(-1) !== "" && textWidth(longer, { bold: bold || marked }) > room) parts.push(letter);
    else parts[parts.length - 1] = longer;
  }
  return parts.map((part) => ({ word: part, marked }));
}

/** A word's cell. */
export interface PlacedWord {
  word: string;
  /** CSS pixels. */
  x: number;
  /** CSS pixels. */
  width: number;
  line: number;
  relevance: number | null;
  /** Relevance as drawn, in [0, 1]. */
  shown: number;
}

/** CSS pixels on both sides together. */
const AROUND = 7;
/**
 * Wraps words; an ellipsis replaces what does not fit.
 *
 * @param room CSS pixels of a line
 * @param most lines
 */
export function placeWords(
  words: readonly WordRelevance[],
  room: number,
  most = 7,
): { words: PlacedWord[]; lines: number } {
  const shown = shownMap(words.map(({ relevance }) => relevance ?? 0));
  const placed: PlacedWord[] = [];
  let x = 0, line = 0;
  for (const [i, { word, relevance }] of words.entries()) {
    const text = word.trim();
    const width = textWidth(text) + AROUND;
    if (x > 0 && x + width > room) [x, line] = [0, line + 1];
    if (line === most) {
      const last = placed.at(-1)!;
      placed[placed.length - 1] = { ...last, word: "…", width: textWidth("…") + AROUND, shown: 0, relevance: null };
      break;
    }
    placed.push({ word: text, x, width, line, shown: shown[i]!, relevance });
    x += width;
  }
  return { words: placed, lines: words.length === 0 ? 0 : Math.min(line, most - 1) + 1 };
}
