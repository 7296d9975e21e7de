/**
 * Text as it is compared.
 *
 * @module
 */

/**
 * Lower-cases a text and reduces white space to single spaces; nothing else, as in the published experiments: punctuation
 * stays part of its word.
 *
 * @example
 * ```ts
 * import { normalise } from "./normalise.ts";
 * if (normalise("  A dog\truns. ") !== "a dog runs.") throw new Error("not normalised");
 * ```
 */
export function normalise(text: string): string {
  return text.toLowerCase().trim().replace(/\s+/g, " ");
}

/**
 * Normalises and drops punctuation around and between words, but keeps apostrophes within them: for references that are
 * punctuated and transcripts that are not.
 *
 * @example
 * ```ts
 * import { bareWords } from "./normalise.ts";
 * if (bareWords("There's a dog, I think ...") !== "there's a dog i think") throw new Error("not bare");
 * ```
 */
export function bareWords(text: string): string {
  return normalise(
    text.replaceAll("\u2019", "'").replace(/[^\p{L}\p{N}'\s]+/gu, " ").replace(/(^|\s)'+|'+(?=\s|$)/g, "$1"),
  );
}
