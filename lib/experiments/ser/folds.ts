/**
 * Train and test clips: the data set's split, and folds over speakers.
 */
import { InputError } from "../../errors.ts";
import type { SerClip, SerRow, SerSettings } from "./results.ts";

/** Positions of train and test items, which have different speakers. */
export type Fold = { train: number[]; test: number[] };

/** The split as one fold, or several folds that hold out speakers in turn. */
export type Protocol = { name: SerRow["protocol"]; folds: Fold[] };

/**
 * Makes the protocol of the data set's own split and, if `folds` is at least 2 and all speakers are named, that of folds over
 * speakers. The folds' positions refer to the order of `clips`.
 */
export function protocolsOf(clips: readonly SerClip[], { folds }: Pick<SerSettings, "folds">): Protocol[] {
  const positions = clips.map((_, position) => position);
  const of = (split: SerClip["split"]) => positions.filter((position) => clips[position]!.split === split);
  const split: Protocol = { name: "split", folds: [{ train: of("train"), test: of("test") }] };
  const speakers = clips.map(({ speaker }) => speaker);
  const named = new Set(speakers).size >= 2 && !speakers.includes("");
  return folds >= 2 && named ? [split, { name: "speakers-out", folds: speakerFolds(speakers, folds) }] : [split];
}

/**
 * Splits items into folds for cross-validation; no speaker is both in train and in test. Speakers are assigned to the folds in
 * pairs, in the order of their names: RAVDESS's odd actors are men and its even ones women, so each fold has both equally.
 *
 * @param speakers the speaker of each item
 * @param count the number of folds; with fewer speakers there are as many folds as speakers
 * @returns folds in which each item is in `test` exactly once
 * @throws {InputError} if there are fewer than 2 speakers, or `count` is below 2.
 */
export function speakerFolds(speakers: readonly string[], count: number): Fold[] {
  const names = [...new Set(speakers)].sort();
  if (names.length < 2 || !(count >= 2)) {
    throw new InputError(
      `Cannot hold out speakers as there must be at least 2 speakers and 2 folds: found ${names.length} speakers and ` +
        `${count} folds. Name the speakers of your clips in the column 'speaker'.`,
    );
  }
  const folds = Math.min(count, names.length);
  const size = names.length >= 2 * folds ? 2 : 1; // speakers that stay together
  const foldOf = new Map(names.map((name, i) => [name, Math.floor(i / size) % folds]));
  return Array.from({ length: folds }, (_, fold) => {
    const items = speakers.map((_, item) => item);
    return {
      train: items.filter((item) => foldOf.get(speakers[item]!) !== fold),
      test: items.filter((item) => foldOf.get(speakers[item]!) === fold),
    };
  });
}
