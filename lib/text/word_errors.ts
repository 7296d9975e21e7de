/**
 * Word errors: how many words of a transcript are wrong.
 *
 * @module
 */

/** The errors of a transcript against its reference. */
export interface WordErrors {
  /** Substitutions, deletions and insertions together: the least number that turns one text into the other. */
  errors: number;
  /** Words of the reference. */
  words: number;
  /** `errors / words`; against an empty reference 0 where the transcript is empty too, else Infinity. */
  wer: number;
  /** Words that stand for another one. */
  substitutions: number;
  /** Words of the reference that are missing. */
  deletions: number;
  /** Words that are too many. */
  insertions: number;
}

/**
 * Counts word errors (Levenshtein distance on words). Words are what white space separates; they are compared as they
 * stand, so normalise both texts first. Where several ways have equally few errors, the counts are those of the one with
 * the most substitutions.
 *
 * @example
 * ```ts
 * import { wordErrors } from "./word_errors.ts";
 * const { errors, wer } = wordErrors("a dog runs on the beach", "the dog ran on beach");
 * if (errors !== 3 || wer !== 0.5) throw new Error("not 3 of 6");
 * ```
 */
export function wordErrors(reference: string, hypothesis: string): WordErrors {
  const said = wordsOf(reference), heard = wordsOf(hypothesis);
  // best[j]: the fewest errors between the words said so far and the first j heard, and how many are substitutions.
  let best = heard.concat("").map((_, j) => ({ errors: j, substitutions: 0 }));
  for (const [i, word] of said.entries()) {
    const next = [{ errors: i + 1, substitutions: 0 }];
    for (const [j, other] of heard.entries()) {
      const diagonal = best[j]!, above = best[j + 1]!, left = next[j]!;
      const wrong = word === other ? 0 : 1;
      let chosen = { errors: diagonal.errors + wrong, substitutions: diagonal.substitutions + wrong };
      for (const { errors, substitutions } of [above, left]) {
        const worse = errors + 1 - chosen.errors;
        if (worse < 0 || (worse === 0 && substitutions > chosen.substitutions)) {
          chosen = { errors: errors + 1, substitutions };
        }
      }
      next.push(chosen);
    }
    best = next;
  }
  const { errors, substitutions } = best[heard.length]!;
  // errors = substitutions + deletions + insertions, and deletions - insertions = words said - words heard
  const deletions = (errors - substitutions + said.length - heard.length) / 2;
  return {
    errors,
    words: said.length,
    wer: errors === 0 ? 0 : errors / said.length,
    substitutions,
    deletions,
    insertions: errors - substitutions - deletions,
  };
}

/**
 * The word error rate of a corpus: all errors over all words of the references.
 *
 * @returns NaN for a corpus without words.
 */
export function corpusWer(all: Iterable<WordErrors>): number {
  let errors = 0, words = 0;
  for (const one of all) {
    errors += one.errors;
    words += one.words;
  }
  return words === 0 ? NaN : errors / words;
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
