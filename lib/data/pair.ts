/**
 * What every loader returns, and how it reports what is odd in an index file.
 *
 * @module
 */

/** The part of a data set that an entry belongs to. */
export type Split = "train" | "dev" | "test";

/** An image and one spoken description of it. The files need not exist: a missing one is reported when it is read. */
export interface Pair {
  /** Unique within the data set. */
  id: string;
  /** The same for all descriptions of an image. */
  imageId: string;
  /** File of the image. */
  image: string;
  /** File of the recording. */
  audio: string;
  /** The written caption, as published; empty if there is none (own data only). */
  text: string;
  /** Who speaks; empty if the data set does not say. */
  speaker: string;
  /** Train, dev or test. */
  split: Split;
  /** Length of the recording in seconds, if the data set itself states it (Localized Narratives). */
  seconds?: number;
  /** Pairs of one group are hard to tell apart and come into a batch together; absent if the data set has no groups. */
  group?: string;
}

/** A sentence spoken with an emotion. */
export interface EmotionClip {
  /** Unique within the data set. */
  id: string;
  /** File of the recording. */
  audio: string;
  /** Name of the emotion. */
  emotion: string;
  /** The sentence; empty if the data set does not say. */
  statement: string;
  /** Who speaks; empty if the data set does not say. */
  speaker: string;
  /** Train, dev or test. */
  split: Split;
}

/** Something odd in an index file that is not an error: a line that a loader skipped, or read in a stated way. */
export interface Oddity {
  /** What is odd and what is done about it, the same words for all of its kind. */
  kind: string;
  /** Its place: `file:line`, or file and entry. */
  where: string;
  /** The name or value at fault. */
  value: string;
}

/** Options of all loaders. */
export interface LoadOptions {
  /** Takes each oddity, in the order of the files. Published files have such lines; none is skipped silently. */
  onOddity?: (oddity: Oddity) => void;
  /** Folders that the files of own data may be in, besides that of the table. Published layouts ignore them. Default none. */
  roots?: readonly string[];
}

/**
 * Sums up oddities in one line for each kind: how many there are, and the place of the first one.
 *
 * @returns lines in the order in which the kinds occurred
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
  return [...Map.groupBy(oddities, ({ kind }) => kind)].map(([kind, all]) => {
    const { value, where } = all[0] as Oddity;
    return `${all.length} x ${kind} (first: '${value}', ${where})`;
  });
}
