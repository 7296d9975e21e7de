/**
 * The pairs of a data set whose files may be worth reading.
 *
 * @module
 */
import type { Manifest } from "../data/check/manifest.ts";
import type { Pair } from "../data/pair.ts";
import { exists } from "../files/read.ts";
import type { LeftOut } from "../training/left_out.ts";

/**
 * The pairs without those whose picture is missing, and without those of which a check of the data set (`data check`) knows
 * that a file cannot be used and has not changed since. What is left out is told and listed at once, before anything is
 * heard; files that were never checked are found faulty when they are read.
 */
export async function usablePairs(
  pairs: readonly Pair[],
  manifest: Pick<Manifest, "problemOf">,
  leftOut: Pick<LeftOut, "add">,
): Promise<Pair[]> {
  const usable = new Map<string, boolean>();
  const look = async (kind: "picture" | "recording", path: string, missing: string | undefined): Promise<void> => {
    if (usable.has(path)) return;
    const reason = missing ?? await manifest.problemOf(path);
    usable.set(path, reason === undefined);
    if (reason !== undefined) await leftOut.add({ kind, path, reason });
  };
  for (const { image, audio } of pairs) {
    if (!usable.has(image)) await look("picture", image, await exists(image) ? undefined : "it does not exist");
    await look("recording", audio, undefined);
  }
  return pairs.filter(({ image, audio }) => usable.get(image) && usable.get(audio));
}

/** The same where pictures do not matter: the pairs without those of which a check knows that the recording is bad. */
export async function usableRecordings(
  pairs: readonly Pair[],
  manifest: Pick<Manifest, "problemOf">,
  leftOut: Pick<LeftOut, "add">,
): Promise<Pair[]> {
  const usable: Pair[] = [];
  for (const pair of pairs) {
    const reason = await manifest.problemOf(pair.audio);
    if (reason === undefined) usable.push(pair);
    else await leftOut.add({ kind: "recording", path: pair.audio, reason });
  }
  return usable;
}
