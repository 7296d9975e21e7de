/** Loads a data set of images and speech by name, and checks its splits. */
import { InputError } from "../errors.ts";
import { loadFlickr8k } from "./flickr8k.ts";
import { loadLocalizedNarratives } from "./localized_narratives.ts";
import { loadOwnPairs } from "./own_data.ts";
import type { LoadOptions, Pair, Split } from "./pair.ts";
import { loadSpokenCoco } from "./spokencoco.ts";

/** The data sets of {@link loadPairs}. */
export type PairsName = "flickr8k" | "spokencoco" | "ln-coco" | "own";

const LOADERS: Record<PairsName, (root: string, options?: LoadOptions) => Promise<Pair[]>> = {
  "flickr8k": loadFlickr8k,
  "spokencoco": loadSpokenCoco,
  "ln-coco": loadLocalizedNarratives,
  "own": loadOwnPairs,
};

/**
 * Reads the index of a data set in its published layout, or a table of your own. Recordings and images are read only when
 * they are used.
 *
 * @param root the data set's folder; for `own` the table's file
 * @throws {InputError} if the name is unknown, and as the data set's own loader does.
 */
export async function loadPairs(name: PairsName, root: string, options: LoadOptions = {}): Promise<Pair[]> {
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (load === undefined) {
    throw new InputError(`Cannot load '${name}' as a data set must be one of ${Object.keys(LOADERS).join(", ")}.`);
  }
  return await load(root, options);
}

const TEST_ONLY = "Data with a test split only can be evaluated: frozen models with `zero-shot`, a trained run with " +
  "`eval`, `wer`, `gallery`, `attention`, `crop` and `space` (--run).";

/**
 * Checks that the splits have pairs, before any of them is transcribed.
 *
 * @throws {InputError} if one has none. Names the splits that have some and, for data with a test split only, the commands
 * that work.
 */
export function requireSplits(
  pairs: readonly Pick<Pair, "split">[],
  wanted: readonly Split[],
  { dataset, dataRoot }: { dataset: string; dataRoot: string },
): void {
  const counts = { train: 0, dev: 0, test: 0 };
  for (const { split } of pairs) counts[split]++;
  const empty = wanted.find((split) => counts[split] === 0);
  if (empty === undefined) return;
  const others = (["train", "dev", "test"] as const).filter((split) => counts[split] > 0);
  const found = others.length === 0
    ? "it has no usable pair at all"
    : `it has no usable pair: there are ${others.map((split) => `${counts[split]} in ${split}`).join(", ")}`;
  const remedy = others.join() === "test"
    ? TEST_ONLY
    : dataset === "own"
    ? "Name this split in the column 'split' of some lines, or remove the column, so that the data are cut."
    : `Check the data set: deno task data check ${dataset} --data-root ${dataRoot}.`;
  throw new InputError(`Cannot use split '${empty}' of '${dataset}' in '${dataRoot}' as ${found}. ${remedy}`);
}

/** Fewer test images tell little. */
const FEWEST_IMAGES = 20;
/** Contrast needs two pairs. */
const FEWEST_PAIRS = 2;

/**
 * Warns of splits that are too small to train or to compare on.
 *
 * @returns a line for the user for each; none for splits without any pair
 */
export function smallSplits(pairs: readonly Pick<Pair, "split" | "imageId">[]): string[] {
  const images = new Set<string>();
  let train = 0;
  for (const { split, imageId } of pairs) {
    if (split === "test") images.add(imageId);
    if (split === "train") train++;
  }
  const lines: string[] = [];
  if (images.size > 0 && images.size < FEWEST_IMAGES) {
    const chance = (k: number): string => `${Math.min(100, 100 * k / images.size).toFixed(0)} %`;
    lines.push(
      `warning: the test split has ${
        count(images.size, "image")
      }, too few to compare models (below ${FEWEST_IMAGES}): ` +
        `chance alone gives R@1 ${chance(1)} and R@10 ${chance(10)}`,
    );
  }
  if (train > 0 && train < FEWEST_PAIRS) {
    lines.push(
      `warning: the train split has ${count(train, "pair")}, too few to learn from: contrast needs at least 2`,
    );
  }
  return lines;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
