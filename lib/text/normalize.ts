/** Normalization of text before it is compared. */

/** Full-width and half-width forms, ligatures, presentation forms, mathematical letters, and the letter of "apostrophe n". */
const FORMS = /[\u0149\u3000\ufb00-\ufdff\ufe70-\ufeff\uff00-\uffef\u{1d400}-\u{1d7ff}]+/gu;
/** Characters used as an apostrophe, including quotation marks and primes. */
const APOSTROPHES = /[\u2018\u2019\u201b\u02b9\u02bb-\u02bd\u02bf\u2032\u2035\u055a\u05f3\ua78b\ua78c`\u00b4]/g;
/** Combining marks without a letter before them. */
const LONE_MARKS = /(?<![\p{L}\p{M}\p{N}])\p{M}+/gu;

/**
 * Unifies characters that read the same: composed characters (NFC), plain letters for full-width ones, one kind of
 * apostrophe. Soft hyphens, zero-width and other invisible characters are removed.
 */
export function unifyCharacters(text: string): string {
  return text.replace(/\p{Default_Ignorable_Code_Point}+/gu, "")
    .replace(FORMS, (run) => run.normalize("NFKC"))
    .normalize("NFC")
    .replace(APOSTROPHES, "'");
}

/**
 * Unifies characters (see {@link unifyCharacters}), lower-cases a text and reduces white space to single spaces. As in the
 * published experiments, punctuation stays part of its word.
 *
 * @example
 * ```ts
 * import { normalize } from "./normalize.ts";
 * if (normalize("  A dog\truns. ") !== "a dog runs.") throw new Error("not normalized");
 * ```
 */
export function normalize(text: string): string {
  return unifyCharacters(text).toLowerCase().trim().replace(/\s+/g, " ");
}

/**
 * Normalizes a text and removes punctuation, except apostrophes within words. Use it to compare references that have
 * punctuation with transcripts that do not. A combining mark, such as a vowel sign of Hindi, belongs to its word.
 *
 * @example
 * ```ts
 * import { bareWords } from "./normalize.ts";
 * if (bareWords("There's a dog, I think ...") !== "there's a dog i think") throw new Error("not bare");
 * ```
 */
export function bareWords(text: string): string {
  return normalize(text).replace(LONE_MARKS, "").replace(/[^\p{L}\p{M}\p{N}'\s]+/gu, " ")
    .replace(/(^|\s)'+|'+(?=\s|$)/g, "$1").trim().replace(/\s+/g, " ");
}
