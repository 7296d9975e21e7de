/**
 * Any of the picture-and-speech data sets, by name.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { loadFlickr8k } from "./flickr8k.ts";
import { loadLocalizedNarratives } from "./localized_narratives.ts";
import type { LoadOptions } from "./pair.ts";
import { loadOwnPairs } from "./own_data.ts";
import type { Pair } from "./pair.ts";
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
 * Reads a data set in its published layout, or a table of one's own. Recordings and pictures are not touched: what is missing
 * is found when it is read.
 *
 * @param root the data set's folder; of `own` the table's file (see {@link loadOwnPairs})
 * @throws {InputError} where the name is unknown, and as the data set's own loader does.
 */
export async function loadPairs(name: PairsName, root: string, options: LoadOptions = {}): Promise<Pair[]> {
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (load === undefined) {
    throw new InputError(`Cannot load '${name}' as a data set must be one of ${Object.keys(LOADERS).join(", ")}.`);
  }
  return await load(root, options);
}
