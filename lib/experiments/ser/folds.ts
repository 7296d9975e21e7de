/**
 * Which clips are fitted and which are judged.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import type { SerClip, SerRow, SerSettings } from "./results.ts";

/** Items by their positions. */
export interface Fold {
  /** The items that are fitted. */
  train: number[];
  /** The items that are judged; their speakers are others. */
  test: number[];
}

/** One way to judge all systems. */
export interface Protocol {
  /** Its name. */
  name: SerRow["protocol"];
  /** One fold for the data set's split, several if speakers are held out in turn. */
  folds: Fold[];
}

/**
 * The data set's own split and, if folds are asked for and all speakers are named, folds that hold out speakers in turn.
 *
 * @param clips in the order to which the folds' positions refer
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
 * Cuts items into folds for cross-validation in which no speaker is on both sides. Speakers are dealt to the folds in pairs,
 * in the order of their names: RAVDESS's odd actors are men and its even ones women, so each fold has as many of both.
 *
 * @param speakers the speaker of each item
 * @param count number of folds; with fewer speakers there are as many folds as speakers
 * @returns each item is in `test` of exactly one fold
 * @throws {InputError} if there are fewer than 2 speakers, or fewer than 2 folds are asked for.
 *
 * @example
 * ```ts
 * import { speakerFolds } from "./folds.ts";
 * const folds = speakerFolds(["ann", "bob", "ann", "cyd"], 3);
 * if (folds.length !== 3 || folds[0]!.test.join() !== "0,2") throw new Error(JSON.stringify(folds));
 * ```
 */
export function speakerFolds(speakers: readonly string[], count: number): Fold[] {
  const names = [...new Set(speakers)].sort();
  if (names.length < 2 || !(count >= 2)) {
    throw new InputError(
      `Cannot hold speakers out as there must be at least 2 speakers and 2 folds: ${names.length} speakers and ` +
        `${count} folds were found. Name the speakers of your clips in the column 'speaker'.`,
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
