/**
 * The dev split of the two COCO data sets, which are published with train and val only.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { hash } from "../random.ts";
import type { Oddity, Pair } from "./pair.ts";

/** The largest number of dev images. */
const LIMIT = 1000;
/** The share of the train images that becomes dev. */
const SHARE = 0.12;

/**
 * Chooses the dev images among train images by a hash of their COCO id: of `n` different ones the `round(0.12 n)` with the
 * lowest hashes, at most 1000. Data sets over the same images get the same dev images.
 *
 * @example
 * ```ts
 * import { cocoDev } from "./coco_splits.ts";
 * const dev = cocoDev(Array.from({ length: 100 }, (_, i) => String(i)));
 * if (dev.size !== 12) throw new Error("expected 12");
 * ```
 */
export function cocoDev(imageIds: Iterable<string>): Set<string> {
  const ranked = [...new Set(imageIds)].map((id) => ({ id, place: hash(`dev:${id}`) }));
  ranked.sort((a, b) => a.place - b.place || (a.id < b.id ? -1 : 1));
  return new Set(ranked.slice(0, Math.min(LIMIT, Math.round(SHARE * ranked.length))).map(({ id }) => id));
}

/**
 * Cuts dev from train (see {@link cocoDev}), after train entries whose image is in test too were dropped.
 *
 * @param train pairs of the published train part; those of dev images get the split dev
 * @param test pairs of the published val part
 * @returns all pairs, train and dev first
 */
export function cutCocoDev(train: Pair[], test: Pair[], onOddity: (oddity: Oddity) => void): Pair[] {
  const kept = withoutImagesOf(train, "val", test, onOddity);
  const dev = cocoDev(kept.map((pair) => pair.imageId));
  for (const pair of kept) if (dev.has(pair.imageId)) pair.split = "dev";
  return kept.concat(test);
}

/**
 * Drops, and reports, the pairs whose image is held out by another part.
 *
 * @param part what the publisher calls the other part
 */
export function withoutImagesOf(
  pairs: Pair[],
  part: string,
  others: readonly Pair[],
  onOddity: (oddity: Oddity) => void,
): Pair[] {
  const heldOut = new Set(others.map((pair) => pair.imageId));
  return pairs.filter(({ id, imageId, split }) => {
    if (!heldOut.has(imageId)) return true;
    onOddity({ kind: `${split} entry of a picture of ${part}, left out`, where: `${split} part`, value: id });
    return false;
  });
}

/**
 * Reads the COCO id in an image's file name: `val2014/COCO_val2014_000000325114.jpg` is `"325114"`.
 *
 * @throws {InputError} if the name does not end in a number.
 */
export function cocoId(image: string, where: string): string {
  const match = /(?<!\d)(\d{1,15})\.\w+$/.exec(image);
  if (!match) throw new InputError(`Cannot read ${where} as '${image}' must end in COCO's number of the picture.`);
  return String(Number(match[1]));
}
