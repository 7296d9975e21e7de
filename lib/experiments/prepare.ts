/**
 * Pairs made ready for every variant: heard by Whisper, turned into CLIP's tokens.
 *
 * @module
 */
import type { Pair, Split } from "../data/pair.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import type { Example, FrameStates, Pictures } from "../training/examples.ts";
import type { LeftOut } from "../training/left_out.ts";
import type { TextRows } from "../training/run_model.ts";

/** A pair with all that a variant may want. */
export interface PreparedPair {
  /** The pair as the data set lists it. */
  pair: Pair;
  /** What Whisper heard. */
  transcript: string;
  /** CLIP's tokens of the transcript, all of them, without SOS and EOS. */
  transcriptTokens: readonly number[];
  /** CLIP's tokens of the written caption, likewise; none where there is no caption. */
  captionTokens: readonly number[];
  /** States of Whisper's encoder, where they were asked for. */
  states?: FrameStates | undefined;
}

/** Whether every pair has a written caption; one's own data may have none. */
export function hasCaptions(pairs: readonly Pick<PreparedPair, "pair">[]): boolean {
  return pairs.every(({ pair }) => pair.text.trim() !== "");
}

/** A data set that is ready. */
export interface Prepared {
  /** The usable pairs of each split; none for a split that was not asked for. */
  splits: Record<Split, PreparedPair[]>;
  /** The rows of a text's tokens for CLIP's text tower beside so many prompts: one that may be cut, or its windows. */
  rows: TextRows;
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

/** The examples of a split for a variant: transcripts or captions, with states where it has an acoustic branch. */
export function examplesFor(
  { config, data }: { config: Pick<RunConfig, "promptLength">; data: Pick<Prepared, "splits" | "rows"> },
  split: Split,
  variant: Variant,
): Example[] {
  const { text, acoustic, prompts, source } = VARIANTS[variant];
  const pushed = prompts ? config.promptLength : 0;
  return data.splits[split].map(({ pair, transcriptTokens, captionTokens, states }) => ({
    id: pair.id,
    imageId: pair.imageId,
    image: pair.image,
    group: pair.group,
    texts: text ? data.rows(source === "caption" ? captionTokens : transcriptTokens, pushed) : undefined,
    states: acoustic ? states : undefined,
  }));
}
