/**
 * English contractions in full.
 *
 * @module
 */

const WHOLE: Readonly<Record<string, string>> = {
  "won't": "will not",
  "can't": "can not",
  "shan't": "shall not",
  "let's": "let us",
  "ain't": "aint",
  "y'all": "you all",
  "i'ma": "i am going to",
  "ma'am": "madam",
};

const SLURRED: Readonly<Record<string, string>> = {
  wanna: "want to",
  gotta: "got to",
  gonna: "going to",
  imma: "i am going to",
  woulda: "would have",
  coulda: "could have",
  shoulda: "should have",
};

const ENDINGS: Readonly<Record<string, string>> = {
  re: "are",
  s: "is",
  d: "would",
  ll: "will",
  t: "not",
  ve: "have",
  m: "am",
};

/** What "'s" and "'d" stand for before a participle. */
const PERFECT: Readonly<Record<string, string>> = {
  "s been": "has",
  "s gone": "has",
  "s got": "has",
  "d been": "had",
  "d gone": "had",
  "d done": "had",
};

/**
 * Writes contractions in full, as Whisper's English normaliser does: every other "'s" is "is", be it one or a genitive.
 *
 * @param words in lower case, apostrophes within them
 * @returns words without apostrophes
 *
 * @example
 * ```ts
 * import { expandContractions } from "./english_contractions.ts";
 * const words = expandContractions(["she's", "been", "here", "but", "won't", "stay"]);
 * if (words.join(" ") !== "she has been here but will not stay") throw new Error(words.join(" "));
 * ```
 */
export function expandContractions(words: readonly string[]): string[] {
  return words.flatMap((word, i) => {
    if (Object.hasOwn(WHOLE, word)) return WHOLE[word]!.split(" ");
    const [base = "", ...endings] = word.split("'");
    const not = endings[0] === "t" && base.endsWith("n");
    const parts = [not ? base.slice(0, -1) : base];
    endings.forEach((ending, place) => {
      const perfect = place === endings.length - 1 ? PERFECT[`${ending} ${words[i + 1]}`] : undefined;
      parts.push(perfect ?? (Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending]! : ending));
    });
    return parts.flatMap((part) => Object.hasOwn(SLURRED, part) ? SLURRED[part]!.split(" ") : part)
      .filter((part) => part !== "");
  });
}
