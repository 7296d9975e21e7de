/**
 * The pairs that a run is about, as its data set lists them.
 *
 * @module
 */
import { loadPairs } from "../data/load_pairs.ts";
import { type Oddity, oddityLines } from "../data/pair.ts";
import type { Pair, Split } from "../data/pair.ts";
import { InputError } from "../errors.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";

/**
 * Lists the pairs of some splits, of their first pictures where the settings say so. What is odd in the index files is told in a line a kind.
 *
 * @throws {InputError} where the data set cannot be read, or the variant reads written captions and a pair has none.
 */
export async function listPairs(
  config: Pick<RunConfig, "dataset" | "dataRoot" | "maxPictures" | "variant">,
  splits: readonly Split[],
  tell: (line: string) => void,
): Promise<Pair[]> {
  const odd: Oddity[] = [];
  const all = await loadPairs(config.dataset, config.dataRoot, { onOddity: (oddity) => odd.push(oddity) });
  for (const line of oddityLines(odd)) tell(line);
  const asked = all.filter(({ split }) => splits.includes(split));
  const pairs = config.maxPictures === null ? asked : firstPictures(asked, config.maxPictures);
  if (VARIANTS[config.variant].source === "caption") requireCaptions(config, pairs);
  return pairs;
}

/**
 * The pairs of the first pictures of each split, in the order in which they are listed.
 *
 * @example
 * ```ts
 * import { firstPictures } from "./list_pairs.ts";
 * const pair = (imageId: string, split: "train" | "test") => ({ imageId, split });
 * const pairs = [pair("a", "train"), pair("b", "train"), pair("a", "train"), pair("c", "test")];
 * if (firstPictures(pairs, 1).map(({ imageId }) => imageId).join() !== "a,a,c") throw new Error("not the first");
 * ```
 */
export function firstPictures<P extends Pick<Pair, "imageId" | "split">>(pairs: readonly P[], count: number): P[] {
  const taken = new Map<Split, Set<string>>();
  return pairs.filter(({ imageId, split }) => {
    const pictures = taken.get(split) ?? new Set();
    taken.set(split, pictures);
    if (pictures.size < count) pictures.add(imageId);
    return pictures.has(imageId);
  });
}

function requireCaptions(
  { variant, dataset, dataRoot }: Pick<RunConfig, "dataset" | "dataRoot" | "variant">,
  pairs: readonly Pair[],
): void {
  const bare = pairs.filter(({ text }) => text.trim() === "");
  if (bare.length === 0) return;
  throw new InputError(
    `Cannot use variant '${variant}' on '${dataset}' in '${dataRoot}' as it reads written captions: ` +
      `${bare.length} of ${pairs.length} pairs have none, such as '${bare[0]?.id}'. ` +
      `Give their text, or leave this variant out: another --variant, fewer --variants.`,
  );
}
