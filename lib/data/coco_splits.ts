/**
 * The dev split of the two COCO data sets, which are published with train and val only.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { hash } from "../random.ts";
import type { Oddity } from "./pair.ts";
import type { Pair } from "./pair.ts";

/** Largest number of dev pictures. */
const MOST = 1000;
/** Part of the train pictures that becomes dev. */
const PART = 0.12;

/**
 * Chooses the dev pictures among train pictures by a hash of their COCO id: of `n` different ones the `round(0.12 n)` with
 * the lowest hashes, at most 1000. Data sets over the same pictures get the same dev pictures.
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
  return new Set(ranked.slice(0, Math.min(MOST, Math.round(PART * ranked.length))).map(({ id }) => id));
}

/**
 * Cuts dev from train (see {@link cocoDev}); train entries whose picture is in test too are left out, and told.
 *
 * @param train pairs of the published train part; those of dev pictures get the split dev
 * @param test pairs of the published val part
 * @returns all pairs, train and dev first
 */
export function cutCocoDev(train: Pair[], test: Pair[], onOddity: (oddity: Oddity) => void): Pair[] {
  const tested = new Set(test.map((pair) => pair.imageId));
  const kept = train.filter(({ id, imageId }) => {
    if (tested.has(imageId)) {
      onOddity({ kind: "train entry of a picture of val, left out", where: "train part", value: id });
    }
    return !tested.has(imageId);
  });
  const dev = cocoDev(kept.map((pair) => pair.imageId));
  for (const pair of kept) if (dev.has(pair.imageId)) pair.split = "dev";
  return kept.concat(test);
}

/**
 * The COCO id in a picture's file name: `val2014/COCO_val2014_000000325114.jpg` is `"325114"`.
 *
 * @throws {InputError} where the name does not end in a number.
 */
export function cocoId(image: string, where: string): string {
  const match = /(?<!\d)(\d{1,15})\.\w+$/.exec(image);
  if (!match) throw new InputError(`Cannot read ${where} as '${image}' must end in COCO's number of the picture.`);
  return String(Number(match[1]));
}
