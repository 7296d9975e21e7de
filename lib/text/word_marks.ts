/**
 * Which words of a transcript are wrong, and which of its reference it misses.
 *
 * @module
 */
import { bareWords } from "./normalise.ts";

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
 * import { wordMarks } from "./word_marks.ts";
 * const { heard } = wordMarks("A dog runs.", "a cat runs");
 * if (heard.filter(({ marked }) => marked).map(({ word }) => word).join() !== "cat") throw new Error("only the cat");
 * ```
 */
export function wordMarks(reference: string, transcript: string): { said: MarkedWord[]; heard: MarkedWord[] } {
  const [said, heard] = [reference, transcript].map(wordsOf) as [Words, Words];
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

function wordsOf(text: string): Words {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const bare = words.flatMap((word, at) =>
    bareWords(word).split(" ").filter((part) => part !== "").map((part) => ({ word: part, at }))
  );
  return { words, bare, marks: new Set() };
}
