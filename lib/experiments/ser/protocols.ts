/**
 * Who is fitted and who is judged.
 *
 * @module
 */
import type { SerClip, SerRow, SerSettings } from "./ser_results.ts";
import { type Fold, speakerFolds } from "./speaker_folds.ts";

/** A way of judging all systems alike. */
export interface Protocol {
  /** Its name. */
  name: SerRow["protocol"];
  /** One for the data set's split, several where speakers are left out in turn. */
  folds: Fold[];
}

/**
 * The data set's own split, and, where folds are asked for and speakers are named, leaving speakers out in turn.
 *
 * @param clips in the order to which the folds' places refer
 */
export function protocolsOf(clips: readonly SerClip[], { folds }: Pick<SerSettings, "folds">): Protocol[] {
  const places = clips.map((_, place) => place);
  const of = (split: SerClip["split"]) => places.filter((place) => clips[place]!.split === split);
  const split: Protocol = { name: "split", folds: [{ train: of("train"), test: of("test") }] };
  const speakers = clips.map(({ speaker }) => speaker);
  const named = new Set(speakers).size >= 2 && !speakers.includes("");
  return folds >= 2 && named ? [split, { name: "speakers-out", folds: speakerFolds(speakers, folds) }] : [split];
}
