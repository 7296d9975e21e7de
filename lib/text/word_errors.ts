/** Word errors of transcripts. */
import { bareWords } from "./normalize.ts";

/** The errors of a transcript against its reference. */
export interface WordErrors {
  /** Substitutions, deletions and insertions: the least number that turns one text into the other. */
  errors: number;
  /** Words of the reference. */
  words: number;
  /** `errors / words`; against an empty reference 0 if the transcript is empty too, else Infinity. */
  wer: number;
  /** Words that replace another one. */
  substitutions: number;
  /** Words of the reference that are missing. */
  deletions: number;
  /** Extra words of the transcript. */
  insertions: number;
}

/**
 * Counts word errors (Levenshtein distance on words). Words are separated by white space and compared as they are, so
 * normalize both texts first. Of several alignments with the fewest errors, the one with the most substitutions counts.
 *
 * @example
 * ```ts
 * import { wordErrors } from "./word_errors.ts";
 * const { errors, wer } = wordErrors("a dog runs on the beach", "the dog ran on beach");
 * if (errors !== 3 || wer !== 0.5) throw new Error("not 3 of 6");
 * ```
 */
export function wordErrors(reference: string, hypothesis: string): WordErrors {
  const expected = splitWords(reference), actual = splitWords(hypothesis);
  // best[j]: the fewest errors between the reference so far and the first j words of the hypothesis, and the substitutions
  let best = actual.concat("").map((_, j) => ({ errors: j, substitutions: 0 }));
  for (const [i, word] of expected.entries()) {
    const next = [{ errors: i + 1, substitutions: 0 }];
    for (const [j, other] of actual.entries()) {
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
  const { errors, substitutions } = best[actual.length]!;
  // errors = substitutions + deletions + insertions, and deletions - insertions = expected.length - actual.length
  const deletions = (errors - substitutions + expected.length - actual.length) / 2;
  return {
    errors,
    words: expected.length,
    wer: errors === 0 ? 0 : errors / expected.length,
    substitutions,
    deletions,
    insertions: errors - substitutions - deletions,
  };
}

/**
 * Computes the word error rate of a corpus: all errors divided by all words of the references.
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

function splitWords(text: string): string[] {
  return text.normalize("NFC").split(/\s+/).filter((word) => word !== "");
}

/** A word with its punctuation. `marked` if it has no equal in the other text. */
export type MarkedWord = { word: string; marked: boolean };

/**
 * Aligns two texts word by word with the fewest errors, in lower case and without punctuation, and marks wrong words.
 *
 * @example
 * ```ts
 * import { wordMarks } from "./word_errors.ts";
 * const { transcript } = wordMarks("A dog runs.", "a cat runs");
 * if (transcript.filter(({ marked }) => marked).map(({ word }) => word).join() !== "cat") throw new Error("only the cat");
 * ```
 */
export function wordMarks(
  reference: string,
  transcript: string,
): { reference: MarkedWord[]; transcript: MarkedWord[] } {
  const [from, to] = [alignable(reference), alignable(transcript)];
  const [a, b] = [from.bare, to.bare];
  // errors[i][j]: the fewest errors between the words from i and from j on
  const errors = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length; i >= 0; i--) {
    for (let j = b.length; j >= 0; j--) {
      if (i === a.length || j === b.length) errors[i]![j] = a.length - i + b.length - j;
      else {
        const both = errors[i + 1]![j + 1]! + (a[i]!.word === b[j]!.word ? 0 : 1);
        errors[i]![j] = Math.min(both, 1 + errors[i + 1]![j]!, 1 + errors[i]![j + 1]!);
      }
    }
  }
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    const left = errors[i]![j]!;
    const [one, other] = [a[i], b[j]];
    if (one !== undefined && other?.word === one.word && errors[i + 1]![j + 1] === left) {
      i++, j++;
    } else if (one !== undefined && other !== undefined && errors[i + 1]![j + 1] === left - 1) {
      from.marks.add(one.at), to.marks.add(other.at);
      i++, j++;
    } else if (one !== undefined && errors[i + 1]![j] === left - 1) {
      from.marks.add(one.at);
      i++;
    } else {
      to.marks.add(other!.at);
      j++;
    }
  }
  const marked = ({ words, marks }: Alignable) => words.map((word, at) => ({ word, marked: marks.has(at) }));
  return { reference: marked(from), transcript: marked(to) };
}

interface Alignable {
  words: string[];
  /** Words as they are compared, each with the index of its word: "well-known" has two. */
  bare: { word: string; at: number }[];
  /** Indices of wrong words. */
  marks: Set<number>;
}

function alignable(text: string): Alignable {
  const words = splitWords(text);
  const bare = words.flatMap((word, at) =>
    bareWords(word).split(" ").filter((part) => part !== "").map((part) => ({ word: part, at }))
  );
  return { words, bare, marks: new Set() };
}
