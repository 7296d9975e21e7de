/** English normalization of text for word errors. */
import spellings from "american-british-english-translator/data/british_spellings.json" with { type: "json" };
import { numbersInDigits } from "./english_numbers.ts";
import { unifyCharacters } from "./normalize.ts";

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

/** Numbers with sign, currency and percent sign; or letters, possibly with apostrophes between them. */
const WORDS =
  /(?<!\S)[-+](?=[$€£¢]?\d)[$€£¢]?\d+(?:\.\d+)*%?|[$€£¢]?\d+(?:\.\d+)*%?|(?:[\p{L}\p{M}]|(?!\d)\p{N})+(?:'[\p{L}\p{M}]+)*/gu;

/**
 * Normalizes a text as Whisper's English normalizer does, so that differences in writing do not count as word errors: lower
 * case, no punctuation, no diacritics, no words in brackets, no "uh" and "um"; contractions and titles in full; numbers,
 * money and percent in digits; American spelling. The result is idempotent.
 *
 * It differs from Whisper's where that is not idempotent or joins two numbers: "one" is 1 everywhere; "oh" is 0 only between
 * spoken digits; spoken digits do not join written ones; a fraction such as "one third" is "1 3rd"; commas join digits only
 * as thousands separators; "mm" after digits is the unit; "1960's" is "1960s"; a minus before digits stays.
 *
 * @returns words separated by single spaces, possibly none
 *
 * @example
 * ```ts
 * import { normalizeEnglish } from "./english.ts";
 * const text = normalizeEnglish("Um, there’s a grey dog [barks], it won’t stop: TWENTY-ONE times!");
 * if (text !== "there is a gray dog it will not stop 21 times") throw new Error(text);
 * ```
 */
export function normalizeEnglish(text: string): string {
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

/** Removes fillers. "mm" right after digits is a unit. */
function withoutFillers(words: readonly string[]): string[] {
  return words.filter((word, i) => !FILLERS.has(word) || (word === "mm" && /\d$/.test(words[i - 1] ?? "")));
}

/** Letters that Unicode does not decompose into a plain letter and a mark. */
const PLAIN: Readonly<Record<string, string>> = {
  œ: "oe",
  æ: "ae",
  ø: "o",
  ß: "ss",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
};

/**
 * Lower-cases a text, removes diacritics and words in brackets or parentheses, and unifies apostrophes, minus signs and white
 * space. Punctuation stays.
 */
function foldText(text: string): string {
  return withoutDiacritics(withoutDiacritics(unifyCharacters(text)).toLowerCase())
    .replace(/[œæøßđðþł]/g, (letter) => PLAIN[letter]!)
    .replace(/\u2212/g, "-")
    .replace(/[<[][^<>[\]]*[>\]]/g, " ")
    .replace(/\([^()]*\)/g, " ")
    .replace(/\s+/g, " ");
}

/** Removes marks on Latin letters. Those of other scripts, such as vowel signs, distinguish words. */
function withoutDiacritics(text: string): string {
  return text.normalize("NFKD").replace(/(?<=\p{Script=Latin})\p{M}+/gu, "").normalize("NFC");
}

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

/** The meaning of "'s" and "'d" before a participle. */
const PERFECT: Readonly<Record<string, string>> = {
  "s been": "has",
  "s gone": "has",
  "s got": "has",
  "d been": "had",
  "d gone": "had",
  "d done": "had",
};

/**
 * Writes contractions in full, as Whisper's English normalizer does: every other "'s" becomes "is", even a genitive.
 *
 * @param words in lower case, with their apostrophes
 * @returns words without apostrophes
 */
function expandContractions(words: readonly string[]): string[] {
  return words.flatMap((word, i) => {
    if (Object.hasOwn(WHOLE, word)) return WHOLE[word]!.split(" ");
    const [base = "", ...endings] = word.split("'");
    const not = endings[0] === "t" && base.endsWith("n");
    const parts = [not ? base.slice(0, -1) : base];
    endings.forEach((ending, index) => {
      const perfect = index === endings.length - 1 ? PERFECT[`${ending} ${words[i + 1]}`] : undefined;
      parts.push(perfect ?? (Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending]! : ending));
    });
    return parts.flatMap((part) => Object.hasOwn(SLURRED, part) ? SLURRED[part]!.split(" ") : part)
      .filter((part) => part !== "");
  });
}
