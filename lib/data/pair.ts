/**
 * What every data set is read as.
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
