/**
 * Word errors: how many words of a transcript are wrong, and which.
 *
 * @module
 */
import { bareWords } from "./normalize.ts";

/** The errors of a transcript against its reference. */
export interface WordErrors {
  /** Substitutions, deletions and insertions together: the least number that turns one text into the other. */
  errors: number;
  /** Words of the reference. */
  words: number;
  /** `errors / words`; against an empty reference 0 if the transcript is empty too, else Infinity. */
  wer: number;
  /** Words in the place of another one. */
  substitutions: number;
  /** Words of the reference that are missing. */
  deletions: number;
  /** Words that are too many. */
  insertions: number;
}

/**
 * Counts word errors (Levenshtein distance on words). Words are what white space separates; they are compared as they
 * are, so normalize both texts first. Where several ways have equally few errors, the counts are those of the one with
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
  return text.normalize("NFC").split(/\s+/).filter((word) => word !== "");
}

/** A word as it is written, and whether it is wrong: another one, one too many, or one that is missing in the other text. */
export interface MarkedWord {
  /** With its punctuation. */
  word: string;
  /** Whether it has no equal in the other text. */
  marked: boolean;
}

/**
 * Aligns two texts word by word with the fewest errors, in lower case and without punctuation, as `wordErrors` counts them.
 *
 * @example
 * ```ts
 * import { wordMarks } from "./word_errors.ts";
 * const { heard } = wordMarks("A dog runs.", "a cat runs");
 * if (heard.filter(({ marked }) => marked).map(({ word }) => word).join() !== "cat") throw new Error("only the cat");
 * ```
 */
export function wordMarks(reference: string, transcript: string): { said: MarkedWord[]; heard: MarkedWord[] } {
  const [said, heard] = [reference, transcript].map(splitWords) as [Words, Words];
  const [a, b] = [said.bare, heard.bare];
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
      said.marks.add(one.at), heard.marks.add(other.at);
      i++, j++;
    } else if (one !== undefined && errors[i + 1]![j] === left - 1) {
      said.marks.add(one.at);
      i++;
    } else {
      heard.marks.add(other!.at);
      j++;
    }
  }
  const marked = ({ words, marks }: Words) => words.map((word, at) => ({ word, marked: marks.has(at) }));
  return { said: marked(said), heard: marked(heard) };
}

interface Words {
  /** As they are written. */
  words: string[];
  /** As they are compared, each with the place of the word that it is of; a word such as "well-known" has two. */
  bare: { word: string; at: number }[];
  /** Places of words that are wrong. */
  marks: Set<number>;
}

function splitWords(text: string): Words {
  const words = wordsOf(text);
  const bare = words.flatMap((word, at) =>
    bareWords(word).split(" ").filter((part) => part !== "").map((part) => ({ word: part, at }))
  );
  return { words, bare, marks: new Set() };
}
