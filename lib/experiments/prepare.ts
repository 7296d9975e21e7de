/**
 * Pairs made ready for every variant: heard by Whisper, turned into CLIP's tokens.
 *
 * @module
 */
import type { Pair, Split } from "../datasets/pair.ts";
import { type Variant, VARIANTS } from "../model/variants.ts";
import type { Example, FrameStates } from "../training/examples.ts";
import type { LeftOut } from "../training/left_out.ts";
import type { Pictures } from "../training/pictures.ts";

/** A pair with all that a variant may want. */
export interface PreparedPair {
  /** The pair as the data set lists it. */
  pair: Pair;
  /** What Whisper heard. */
  transcript: string;
  /** CLIP's tokens of the transcript. */
  transcriptIds: readonly number[];
  /** CLIP's tokens of the written caption. */
  captionIds: readonly number[];
  /** States of Whisper's encoder, where they were asked for. */
  states?: FrameStates | undefined;
}

/** A data set that is ready. */
export interface Prepared {
  /** The usable pairs of each split; none for a split that was not asked for. */
  splits: Record<Split, PreparedPair[]>;
  /** Reads the pictures. */
  pictures: Pictures;
  /** What cannot be used. */
  leftOut: LeftOut;
  /** Width Z of Whisper's states. */
  whisperWidth: number;
  /** Tells Whispers apart. */
  whisperKey: string;
  /** Tells CLIPs apart. */
  clipKey: string;
}

/** The examples of a variant: transcripts or captions, with states where it has an acoustic branch. */
export function examplesFor(pairs: readonly PreparedPair[], variant: Variant): Example[] {
  const { text, acoustic, source } = VARIANTS[variant];
  return pairs.map(({ pair, transcriptIds, captionIds, states }) => ({
    id: pair.id,
    imageId: pair.imageId,
    image: pair.image,
    ids: text ? (source === "caption" ? captionIds : transcriptIds) : undefined,
    states: acoustic ? states : undefined,
  }));
}
