/** What loaders return, and how they report oddities in an index file. */

/** The part of a data set that an entry belongs to. */
export type Split = "train" | "dev" | "test";

/** An image and a spoken description of it. The files need not exist: a missing one is reported when it is read. */
export interface Pair {
  /** Unique within the data set. */
  id: string;
  /** Shared by all descriptions of an image. */
  imageId: string;
  /** Path of the image. */
  image: string;
  /** Path of the recording. */
  audio: string;
  /** The written caption, as published. Empty if there is none (own data only). */
  text: string;
  /** Who speaks; empty if the data set does not say. */
  speaker: string;
  /** Train, dev or test. */
  split: Split;
  /** Length of the recording in seconds, if the data set states it (Localized Narratives). */
  seconds?: number;
  /** Pairs of one group are hard to tell apart, so they go into the same batch. Own data only. */
  group?: string;
}

/** A sentence spoken with an emotion. */
export interface EmotionClip {
  /** Unique within the data set. */
  id: string;
  /** Path of the recording. */
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

/** Something odd in an index file that is not an error, such as a line that the loader skips. */
export interface Oddity {
  /** What is odd and how the loader deals with it. */
  kind: string;
  /** `file:line`, or file and entry. */
  where: string;
  /** The name or value in question. */
  value: string;
}

/** Options of all loaders. */
export interface LoadOptions {
  /** Called for each oddity, in the order of the files. Published files have some; no line is skipped silently. */
  onOddity?: (oddity: Oddity) => void;
  /** Folders besides that of the table in which files of own data may be. Published layouts ignore them. Default none. */
  roots?: readonly string[];
}

/**
 * Sums up oddities: for each kind, a line with their number and the place of the first one.
 *
 * @example
 * ```ts
 * import { oddityLines } from "./pair.ts";
 * const kind = "recording of an image in no split, skipped";
 * const [line] = oddityLines([
 *   { kind, where: "wav2capt.txt:3", value: "c_0.wav" },
 *   { kind, where: "wav2capt.txt:9", value: "d_0.wav" },
 * ]);
 * if (line !== "2 x recording of an image in no split, skipped (first: 'c_0.wav', wav2capt.txt:3)") throw new Error(line);
 * ```
 */
export function oddityLines(oddities: Iterable<Oddity>): string[] {
  return [...Map.groupBy(oddities, ({ kind }) => kind)].map(([kind, all]) => {
    const { value, where } = all[0] as Oddity;
    return `${all.length} x ${kind} (first: '${value}', ${where})`;
  });
}
