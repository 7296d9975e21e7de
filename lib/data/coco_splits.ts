/** The dev split of the two COCO data sets, which are published with train and val only. */
import { InputError } from "../errors.ts";
import { hash } from "../random.ts";
import type { Oddity, Pair } from "./pair.ts";

const MAX_DEV_IMAGES = 1000;
const DEV_SHARE = 0.12;

/**
 * Chooses the dev images among the train images by a hash of their COCO id: the `round(0.12 n)` of `n` images with the
 * lowest hashes, at most 1000. Data sets with the same images get the same dev images.
 */
export function cocoDev(imageIds: Iterable<string>): Set<string> {
  const ranked = rankByHash(imageIds, (id) => `dev:${id}`);
  return new Set(ranked.slice(0, Math.min(MAX_DEV_IMAGES, Math.round(DEV_SHARE * ranked.length))));
}

/** The different names, in an order that looks random and does not depend on their order in the file. */
export function rankByHash(names: Iterable<string>, keyOf: (name: string) => string): string[] {
  const different = [...new Set(names)];
  const ranks = Uint32Array.from(different, (name) => hash(keyOf(name)));
  const order = Uint32Array.from(different.keys());
  order.sort((a, b) => ranks[a]! - ranks[b]! || (different[a]! < different[b]! ? -1 : 1));
  return Array.from(order, (i) => different[i]!);
}

/**
 * Drops train pairs whose image is in test too, and moves the pairs of some train images to dev (see {@link cocoDev}).
 *
 * @param train pairs of the published train part; the split of some of them is changed
 * @param test pairs of the published val part
 * @returns all pairs, test last
 */
export function cutCocoDev(train: Pair[], test: Pair[], onOddity: (oddity: Oddity) => void): Pair[] {
  const kept = withoutImagesOf(train, "val", test, onOddity);
  const dev = cocoDev(kept.map((pair) => pair.imageId));
  for (const pair of kept) if (dev.has(pair.imageId)) pair.split = "dev";
  return kept.concat(test);
}

/** Drops, and reports, the pairs whose image is held out by another part, which the publisher calls `part`. */
export function withoutImagesOf(
  pairs: Pair[],
  part: string,
  others: readonly Pair[],
  onOddity: (oddity: Oddity) => void,
): Pair[] {
  const heldOut = new Set(others.map((pair) => pair.imageId));
  return pairs.filter(({ id, imageId, split }) => {
    if (!heldOut.has(imageId)) return true;
    onOddity({ kind: `${split} entry of an image in ${part}, skipped`, where: `${split} part`, value: id });
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
  if (!match) throw new InputError(`Cannot read ${where} as '${image}' must end in COCO's number of the image.`);
  return String(Number(match[1]));
}
