/**
 * What every loader returns, and how it reports what is odd in an index file.
 *
 * @module
 */

/** The part of a data set that an entry belongs to. */
export type Split = "train" | "dev" | "test";

/** A picture and one spoken description of it. The files need not exist: what is missing is told when it is read. */
export interface Pair {
  /** Unique within the data set. */
  id: string;
  /** The same for all descriptions of a picture. */
  imageId: string;
  /** File of the picture. */
  image: string;
  /** File of the recording. */
  audio: string;
  /** The written caption, as published; empty where there is none (own data only). */
  text: string;
  /** Who speaks; empty where the data set does not say. */
  speaker: string;
  /** Train, dev or test. */
  split: Split;
  /** Length of the recording in seconds, where the data set itself tells it (Localized Narratives). */
  seconds?: number;
  /** Pairs of one group are hard to tell apart and come into a batch together; none where the data set knows no groups. */
  group?: string;
}

/** A sentence spoken in a mood. */
export interface EmotionClip {
  /** Unique within the data set. */
  id: string;
  /** File of the recording. */
  audio: string;
  /** Name of the mood. */
  emotion: string;
  /** The sentence; empty where the data set does not say. */
  statement: string;
  /** Who speaks; empty where the data set does not say. */
  speaker: string;
  /** Train, dev or test. */
  split: Split;
}

/** A line that a loader left out, or read in a stated way. */
export interface Oddity {
  /** What is odd and what is done about it, the same words for all of its kind. */
  kind: string;
  /** Where it stands: `file:line`, or file and entry. */
  where: string;
  /** The name or value at fault. */
  value: string;
}

/** Options that all loaders take. */
export interface LoadOptions {
  /** Hears of each oddity, in the order of the files. Default: nobody does. */
  onOddity?: (oddity: Oddity) => void;
}

/**
 * Says many oddities in one line a kind: how many there are, and where the first one stands.
 *
 * @returns lines in the order in which the kinds were met
 *
 * @example
 * ```ts
 * import { oddityLines } from "./pair.ts";
 * const kind = "recording of a picture in no split, left out";
 * const [line] = oddityLines([
 *   { kind, where: "wav2capt.txt:3", value: "c_0.wav" },
 *   { kind, where: "wav2capt.txt:9", value: "d_0.wav" },
 * ]);
 * if (line !== "2 x recording of a picture in no split, left out (first: 'c_0.wav', wav2capt.txt:3)") throw new Error(line);
 * ```
 */
export function oddityLines(oddities: Iterable<Oddity>): string[] {
  const kinds = new Map<string, { first: Oddity; count: number }>();
  for (const oddity of oddities) {
    const met = kinds.get(oddity.kind);
    if (met) met.count++;
    else kinds.set(oddity.kind, { first: oddity, count: 1 });
  }
  return [...kinds.values()].map(({ first, count }) =>
    `${count} x ${first.kind} (first: '${first.value}', ${first.where})`
  );
}
