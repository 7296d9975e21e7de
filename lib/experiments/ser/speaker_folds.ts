/**
 * Folds for cross-validation in which no speaker is on both sides.
 *
 * @module
 */
import { InputError } from "../../errors.ts";

/** Items by their places: those to fit and those to judge. */
export interface Fold {
  /** Places of the items that are fitted. */
  train: number[];
  /** Places of the items that are judged; of other speakers. */
  test: number[];
}

/**
 * Cuts items into folds by speaker. Speakers in the order of their names are dealt to the folds in pairs, so that of
 * RAVDESS, whose odd actors are men and whose even ones are women, each fold has as many of both.
 *
 * @param speakers the speaker of each item
 * @param count folds; at most as many as there are speakers
 * @returns each item is in `test` of exactly one fold
 * @throws {InputError} where there are fewer than 2 speakers, or fewer than 2 folds are asked for.
 *
 * @example
 * ```ts
 * import { speakerFolds } from "./speaker_folds.ts";
 * const folds = speakerFolds(["ann", "bob", "ann", "cyd"], 3);
 * if (folds.length !== 3 || folds[0]!.test.join() !== "0,2") throw new Error(JSON.stringify(folds));
 * ```
 */
export function speakerFolds(speakers: readonly string[], count: number): Fold[] {
  const names = [...new Set(speakers)].sort();
  if (names.length < 2 || !(count >= 2)) {
    throw new InputError(
      `Cannot leave speakers out as there must be at least 2 speakers and 2 folds: ${names.length} speakers and ` +
        `${count} folds were found. Name the speakers of your clips in the column 'speaker'.`,
    );
  }
  const folds = Math.min(count, names.length);
  const size = names.length >= 2 * folds ? 2 : 1; // speakers that stay together
  const foldOf = new Map(names.map((name, place) => [name, Math.floor(place / size) % folds]));
  return Array.from({ length: folds }, (_, fold) => {
    const places = speakers.map((_, item) => item);
    return {
      train: places.filter((item) => foldOf.get(speakers[item]!) !== fold),
      test: places.filter((item) => foldOf.get(speakers[item]!) === fold),
    };
  });
}
