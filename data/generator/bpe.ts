/**
 * Learns a byte-pair vocabulary, as the tokenizers of CLIP and Whisper have one, from the words of the sample world.
 *
 * @module
 */

/** CLIP's way (lower case, a word ends in `</w>`) or GPT-2's, which Whisper has (a word begins with its space). */
export type BpeStyle = "clip" | "gpt2";

/** A learned vocabulary. */
export interface Bpe {
  /** How texts are cut into words before the merges. */
  style: BpeStyle;
  /** Token to id, without gaps: first the alphabet, then one token a merge. */
  vocab: Record<string, number>;
  /** The merges, first learned first. */
  merges: [string, string][];
}

/** The settings of {@link trainBpe}. */
export interface BpeOptions {
  /** How texts are cut into words. */
  style: BpeStyle;
  /** Number of merges; fewer are learned if no pair remains. */
  merges: number;
  /** `bytes` (default): every text can be encoded; `seen`: only the characters of the texts, a smaller table. */
  alphabet?: "bytes" | "seen";
}

const CLIP_WORD = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu;
const GPT2_WORD = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The regular expression of CLIP's word cutting, as `tokenizer.json` holds it. */
export const CLIP_WORD_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** GPT-2's 256 printable stand-ins, in the order of its vocabulary; index with {@link byteCharacters} by byte. */
function byteTable(): string[] {
  const table = new Array<string>(256).fill("");
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table[byte] = String.fromCodePoint(printable ? byte : next++);
  }
  return table;
}

const BYTES = byteTable();

/** The text's UTF-8 bytes, each as its printable stand-in (GPT-2's table: a space is `Ġ`). */
export function byteCharacters(text: string): string[] {
  return Array.from(new TextEncoder().encode(text), (byte) => BYTES[byte] as string);
}

/** The words of a text, each as the symbols from which merging begins. */
export function wordSymbols(text: string, style: BpeStyle): string[][] {
  if (style === "gpt2") return (text.match(GPT2_WORD) ?? []).map(byteCharacters);
  const clean = text.normalize("NFC").replace(/\s+/gu, " ").toLowerCase();
  return (clean.match(CLIP_WORD) ?? []).map((word) => {
    const symbols = byteCharacters(word);
    symbols.push(`${symbols.pop()}</w>`);
    return symbols;
  });
}

/**
 * Byte-pair encoding (Sennrich et al. 2016): merges the most frequent pair of neighbours, again and again. Of equally
 * frequent pairs the alphabetically first wins, so that the result depends on the counts of words alone.
 *
 * @throws {RangeError} if `merges` is no whole number from 0 on.
 *
 * @example
 * ```ts
 * import { trainBpe } from "./bpe.ts";
 * const { merges } = trainBpe(["low low lower"], { style: "clip", merges: 2 });
 * if (JSON.stringify(merges) !== '[["l","o"],["lo","w</w>"]]') throw new Error(JSON.stringify(merges));
 * ```
 */
export function trainBpe(texts: Iterable<string>, options: BpeOptions): Bpe {
  const { style, alphabet = "bytes" } = options;
  if (!Number.isInteger(options.merges) || options.merges < 0) {
    throw new RangeError(`Cannot learn ${options.merges} merges: expected a whole number from 0 on`);
  }
  const counts = new Map<string, number>(); // symbols of a word, joined by spaces -> occurrences
  for (const text of texts) {
    for (const symbols of wordSymbols(text, style)) {
      const key = symbols.join(" ");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const words = [...counts].map(([key, count]) => ({ symbols: key.split(" "), count }));
  const letters = alphabet === "bytes"
    ? [...BYTES].sort().flatMap((letter) => style === "clip" ? [letter, `${letter}</w>`] : [letter])
    : [...new Set(words.flatMap(({ symbols }) => symbols))];
  const tokens = new Set(letters.sort((a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)));
  const merges: [string, string][] = [];
  while (merges.length < options.merges) {
    const best = mostFrequentPair(words);
    if (!best) break;
    merges.push(best);
    tokens.add(best[0] + best[1]);
    for (const word of words) word.symbols = mergePair(word.symbols, best);
  }
  return { style, vocab: Object.fromEntries([...tokens].map((token, id) => [token, id])), merges };
}

function mostFrequentPair(words: readonly { symbols: string[]; count: number }[]): [string, string] | undefined {
  const pairs = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const key = `${symbols[i]} ${symbols[i + 1]}`;
      pairs.set(key, (pairs.get(key) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let most = 0;
  for (const [key, count] of pairs) {
    if (count > most || (count === most && key < (best as string))) [best, most] = [key, count];
  }
  return best?.split(" ") as [string, string] | undefined;
}

/** The symbols with every occurrence of the pair joined, from left to right. */
export function mergePair(symbols: readonly string[], pair: readonly [string, string]): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === pair[0] && symbols[i + 1] === pair[1]) {
      merged.push(pair[0] + pair[1]);
      i++;
    } else merged.push(symbols[i] as string);
  }
  return merged;
}

/**
 * An encoder of texts to ids, without marks. Words are encoded once and remembered, so that a training step can afford it.
 * Symbols outside the alphabet are skipped.
 */
export function bpeEncoder(bpe: Bpe): (text: string) => number[] {
  const ranks = new Map(bpe.merges.map((pair, rank) => [pair.join(" "), rank]));
  const known = new Map<string, number[]>();
  return (text) =>
    wordSymbols(text, bpe.style).flatMap((symbols) => {
      const key = symbols.join(" ");
      let ids = known.get(key);
      if (ids === undefined) {
        ids = mergeAll(symbols, ranks).map((token) => bpe.vocab[token]).filter((id) => id !== undefined);
        known.set(key, ids);
      }
      return ids;
    });
}

/** Applies the merges, the earliest learned first, until none applies. */
function mergeAll(symbols: string[], ranks: ReadonlyMap<string, number>): string[] {
  while (true) {
    let first = Infinity;
    let pair: [string, string] | undefined;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const candidate: [string, string] = [symbols[i] as string, symbols[i + 1] as string];
      const rank = ranks.get(candidate.join(" ")) ?? Infinity;
      if (rank < first) [first, pair] = [rank, candidate];
    }
    if (pair === undefined) return symbols;
    symbols = mergePair(symbols, pair);
  }
}
