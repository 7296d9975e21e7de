/**
 * A dry run's look at the data: are the files there, and which are known to be bad?
 *
 * @module
 */
import type { Manifest } from "../../data/check/manifest.ts";
import type { Pair, Split } from "../../data/pair.ts";
import { exists } from "../../files/read.ts";
import type { RunConfig } from "../../training/config.ts";
import { usablePairs } from "../usable_pairs.ts";
import type { PlanPart } from "./plan.ts";

/** The usable pairs of each split. */
export type PairSplits = Record<Split, Pair[]>;

/** Files that are looked for at once. */
const TOGETHER = 64;

/**
 * Looks for every picture and recording and asks what a check of the data set knows. Reads no file's content.
 *
 * @param pairs as {@link listPairs} gives them
 */
export async function planData(
  config: Pick<RunConfig, "dataset" | "dataRoot" | "variant" | "steps" | "batchSize">,
  pairs: readonly Pair[],
  manifest: Pick<Manifest, "problemOf" | "size">,
): Promise<{ part: PlanPart; splits: PairSplits }> {
  const left: { path: string; reason: string }[] = [];
  const listed = await usablePairs(pairs, manifest, { add: (entry) => Promise.resolve(void left.push(entry)) });
  const missing = new Set(await missingOf(listed.map(({ audio }) => audio)));
  for (const path of missing) left.push({ path, reason: "it does not exist" });
  const usable = listed.filter(({ audio }) => !missing.has(audio));
  const splits: PairSplits = { train: [], dev: [], test: [] };
  for (const pair of usable) splits[pair.split].push(pair);

  const part: PlanPart = { name: "data", lines: [`${config.dataset} in ${config.dataRoot}`], lacking: [] };
  for (const split of ["train", "dev", "test"] as const) {
    const own = splits[split];
    const images = new Set(own.map(({ imageId }) => imageId)).size;
    const written = own.filter(({ text }) => text.trim() !== "").length;
    part.lines.push(`${split}: ${images} pictures, ${own.length} recordings, ${written} written captions`);
    if (own.length === 0) {
      part.lacking.push(`split '${split}' of '${config.dataset}' has no usable pair: check the data set`);
    }
  }
  part.lines.push(
    left.length === 0
      ? `no file is missing, ${manifest.size === 0 ? "none was checked" : "none has a known problem"}`
      : `left out ${left.length} files: ${examples(left)}`,
  );
  if (manifest.size === 0) {
    const where = `${config.dataset === "own" ? "--data" : "--data-root"} ${config.dataRoot}`;
    part.lines.push(`contents were not checked: 'deno task data check ${config.dataset} ${where}' finds damaged files`);
  }
  return { part, splits };
}

function examples(left: readonly { path: string; reason: string }[]): string {
  const shown = left.slice(0, 3).map(({ path, reason }) => `${path} (${reason.split("\n", 1)[0]})`).join(", ");
  return left.length > 3 ? `${shown}, ...` : shown;
}

/** The files that are not there. */
async function missingOf(files: readonly string[]): Promise<string[]> {
  const different = [...new Set(files)];
  const missing: string[] = [];
  for (let i = 0; i < different.length; i += TOGETHER) {
    const group = different.slice(i, i + TOGETHER);
    const there = await Promise.all(group.map((file) => exists(file)));
    missing.push(...group.filter((_, j) => !there[j]));
  }
  return missing;
}
