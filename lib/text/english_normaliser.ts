/**
 * English text as word errors should compare it.
 *
 * @module
 */
import spellings from "american-british-english-translator/data/british_spellings.json" with { type: "json" };
import { expandContractions } from "./english_contractions.ts";
import { numbersInDigits } from "./english_numbers.ts";
import { foldText } from "./fold_text.ts";

const FILLERS: ReadonlySet<string> = new Set(["hmm", "mm", "mhm", "mmm", "uh", "um"]);

const TITLES: Readonly<Record<string, string>> = {
  mr: "mister",
  mrs: "missus",
  st: "saint",
  dr: "doctor",
  prof: "professor",
  capt: "captain",
  gov: "governor",
  ald: "alderman",
  gen: "general",
  sen: "senator",
  rep: "representative",
  pres: "president",
  rev: "reverend",
  hon: "honorable",
  asst: "assistant",
  assoc: "associate",
  lt: "lieutenant",
  col: "colonel",
  jr: "junior",
  sr: "senior",
  esq: "esquire",
};

const LIKE: ReadonlyMap<string, string> = new Map([...Object.entries<string>(spellings), ...Object.entries(TITLES)]);

/** Numbers with sign, currency and percent; else letters with the apostrophes within them. */
const WORDS =
  /(?<!\S)[-+](?=[$€£¢]?\d)[$€£¢]?\d+(?:\.\d+)*%?|[$€£¢]?\d+(?:\.\d+)*%?|(?:\p{L}|(?!\d)\p{N})+(?:'\p{L}+)*/gu;

/**
 * Brings a text into the form in which differences of writing are no word errors, after Whisper's English normaliser: lower
 * case, no punctuation, no diacritics, no words in brackets, no "uh" and "um"; contractions and titles in full; numbers,
 * money and percent in digits; American spelling. Twice is the same as once.
 *
 * It differs from the published one where that is not so, or joins what is two numbers: "one" is 1 everywhere; "oh" is 0
 * between spoken digits only; spoken digits do not join written ones; a fraction such as "one third" is "1 3rd"; commas
 * join digits as thousands only; "mm" behind digits is the unit; "1960's" is "1960s"; a minus before digits stays.
 *
 * @returns words with single spaces between; empty where nothing is left
 *
 * @example
 * ```ts
 * import { normaliseEnglish } from "./english_normaliser.ts";
 * const text = normaliseEnglish("Um, there’s a grey dog [barks], it won’t stop: TWENTY-ONE times!");
 * if (text !== "there is a gray dog it will not stop 21 times") throw new Error(text);
 * ```
 */
export function normaliseEnglish(text: string): string {
  const tidy = foldText(text)
    .replace(/ (?='(?:re|ve|ll|s|d|m|t)(?!\p{L}))/gu, "")
    .replace(/(\d)'s(?!\p{L})/gu, "$1 s ")
    .replace(/(\d),(?=\d{3}(?!\d))/g, "$1")
    .replace(/([$€£¢]) (?=\d)/g, "$1")
    .replace(/(\d) %/g, "$1%")
    .replace(/(?<![\p{L}\p{N}])\.(?=\d)/gu, "0.");
  const spoken = withoutFillers(expandContractions(withoutFillers(tidy.match(WORDS) ?? [])));
  return numbersInDigits(spoken).map((word) => LIKE.get(word) ?? word).join(" ");
}

/** "mm" right behind digits is a unit. */
function withoutFillers(words: readonly string[]): string[] {
  return words.filter((word, i) => !FILLERS.has(word) || (word === "mm" && /\d$/.test(words[i - 1] ?? "")));
}
