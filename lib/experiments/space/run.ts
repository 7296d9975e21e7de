/** Runs `space`. */
import { TSNE } from "@saehrimnir/druidjs";
import { PCA } from "ml-pca";
import { loadTone } from "../../data/own_data.ts";
import { readTable } from "../../data/own_table.ts";
import { InputError } from "../../errors.ts";
import { Random } from "../../random.ts";
import type { RunConfig } from "../../training/config.ts";
import type { ExperimentContext } from "../experiment.ts";
import { openChoice, rankedModelOf, type RankedSplit, rankSplit } from "../qualitative/ranking.ts";
import type { Point, SpaceMap, SpaceModel, SpacePair, SpaceResult, SpaceSettings } from "./experiment.ts";

/**
 * Maps each model's features of the same pairs by principal components and by t-SNE.
 *
 * @throws {InputError} if data, models or runs are at fault, or there are fewer than 3 pairs.
 * @throws the signal's reason, if it was aborted.
 */
export async function runSpace(settings: SpaceSettings, context: ExperimentContext): Promise<SpaceResult> {
  const { models, split } = settings;
  let result: SpaceResult | undefined;
  const progress = context.report.progress("map", models.length, "model");
  try {
    for (const [i, model] of models.entries()) {
      context.signal?.throwIfAborted();
      await using trained = await openChoice(model, split, context);
      const ranked = await rankSplit(trained, split);
      if (result === undefined) {
        const emotions = await emotionsOf(model.config);
        const texts = new Map(trained.job.data.splits[split].map(({ pair }) => [pair.id, pair.text]));
        const label = (id: string) => emotions ? emotions.get(id)! : firstWord(texts.get(id)!, settings.words);
        result = {
          of: ranked.of,
          labelledBy: emotions ? "mood" : "word",
          pairs: choosePairs(ranked, settings).map((pair) => ({ ...pair, label: label(pair.id) })),
          models: [],
        };
      }
      result.models.push({
        ...rankedModelOf(model, trained, ranked),
        ...mapPairs(ranked, result.pairs, settings),
      });
      progress.update(i + 1);
    }
  } finally {
    progress.stop();
  }
  if (result === undefined) throw new RangeError("Cannot map no models: expected at least 1");
  return result;
}

/** Chooses images at random, in the order of the split, each with its first recording. */
function choosePairs(
  { features: { ids, speechImageIds } }: RankedSplit,
  { pairs, seed }: SpaceSettings,
): Omit<SpacePair, "label">[] {
  const first = new Map(ids.map((id, index) => [speechImageIds[index]!, id] as const).reverse());
  const all = [...first].reverse().map(([imageId, id]) => ({ id, imageId }));
  if (all.length < 3) {
    throw new InputError(`Cannot draw the joint space as it needs at least 3 images: ${all.length} found.`);
  }
  const chosen = new Set(new Random(seed).shuffled(all.map((_, index) => index)).slice(0, pairs));
  return all.filter((_, index) => chosen.has(index));
}

/** Computes the maps of a model, and the distances of its pairs. */
function mapPairs(
  { features: { images, imageIds, speech, ids, width } }: RankedSplit,
  pairs: readonly SpacePair[],
  { perplexity, seed }: SpaceSettings,
): Pick<SpaceModel, "modalityGap" | "pairDistance" | "otherDistance" | "explained" | "pca" | "tsne"> {
  const row = (values: Float32Array, index: number) => Array.from(values.subarray(index * width, (index + 1) * width));
  const find = (names: readonly string[], name: string, what: string): number => {
    const index = names.indexOf(name);
    if (index >= 0) return index;
    throw new InputError(`Cannot compare models as each must read the same ${what}: '${name}' is missing.`);
  };
  const imageRows = pairs.map(({ imageId }) => row(images, find(imageIds, imageId, "images")));
  const speechRows = pairs.map(({ id }) => row(speech, find(ids, id, "recordings")));
  const rows = [...imageRows, ...speechRows];
  const map = (points: Point[]): SpaceMap => ({
    pictures: points.slice(0, pairs.length),
    recordings: points.slice(pairs.length),
    trustworthiness: trustworthiness(rows, points),
  });
  const { points, explained } = principalComponents(rows);
  const own = imageRows.map((image, i) => distance(image, speechRows[i]!));
  const others = imageRows.flatMap((image, i) =>
    speechRows.filter((_, j) => j !== i).map((speech) => distance(image, speech))
  );
  return {
    modalityGap: distance(meanRow(imageRows), meanRow(speechRows)),
    pairDistance: mean(own),
    otherDistance: mean(others),
    explained,
    pca: map(points),
    tsne: map(tsne(rows, perplexity, seed)),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanRow(rows: readonly number[][]): number[] {
  return rows[0]!.map((_, d) => mean(rows.map((row) => row[d]!)));
}

/**
 * Reads the emotions of a data set's pairs, by name; undefined if it has none.
 *
 * @throws {InputError} if the data set is at fault.
 */
export async function emotionsOf(
  { dataset, dataRoot, dataRoots: roots = [] }: RunConfig,
): Promise<Map<string, string> | undefined> {
  if (dataset !== "own") return undefined;
  const rows = await readTable(dataRoot, { columns: ["mood"], required: [], onOddity: () => {} });
  if (!rows.every(({ fields }) => fields.has("mood"))) return undefined;
  return new Map((await loadTone(dataRoot, { roots })).map(({ id, emotion }) => [id, emotion]));
}

/** Finds the first word of a text that is in a list; null if there is none. */
export function firstWord(text: string, words: readonly string[]): string | null {
  const wanted = new Set(words);
  return (text.toLowerCase().match(/[\p{L}\p{M}']+/gu) ?? []).find((word) => wanted.has(word)) ?? null;
}

/** Iterations of t-SNE. */
const ITERATIONS = 500;

/**
 * Computes the first two principal components of the rows. The sign of each axis makes its largest loading positive.
 *
 * @param rows `[N, D]`, at least 3 rows of at least 2 numbers
 * @returns the points `[N, 2]` and the shares of the variance along both axes
 */
export function principalComponents(rows: number[][]): { points: Point[]; explained: Point } {
  const pca = new PCA(rows, { method: "SVD", center: true, scale: false });
  const loadings = pca.getLoadings().to2DArray();
  const signs = [0, 1].map((axis) => {
    const loading = loadings[axis] ?? [];
    const largest = loading.reduce((best, value) => Math.abs(value) > Math.abs(best) ? value : best, 0);
    return largest < 0 ? -1 : 1;
  });
  const variance = pca.getExplainedVariance();
  return {
    points: pca.predict(rows, { nComponents: 2 }).to2DArray().map(([x = 0, y = 0]) => [signs[0]! * x, signs[1]! * y]),
    explained: [variance[0] ?? 0, variance[1] ?? 0],
  };
}

/**
 * Computes t-SNE (van der Maaten and Hinton 2008) of the rows by their Euclidean distances. Equal seeds give equal maps.
 *
 * @param rows `[N, D]`
 * @param perplexity at most a third of the rows, as t-SNE needs
 * @returns the points `[N, 2]`
 */
export function tsne(rows: number[][], perplexity: number, seed: number): Point[] {
  const clamped = Math.max(1, Math.min(perplexity, Math.floor((rows.length - 1) / 3)));
  const points = new TSNE(rows, { perplexity: clamped, d: 2, seed, epsilon: 10 }).transform(ITERATIONS) as number[][];
  return points.map(([x = 0, y = 0]) => [x, y]);
}

/**
 * Computes the trustworthiness of a map (Venna and Kaski 2001): 1 if all of the `k` nearest neighbors on the map are among the
 * `k` nearest rows, and less the further away the others are.
 *
 * @param k neighbors; at most half of the rows
 * @throws {RangeError} if there are fewer than 4 rows, or not as many points.
 */
export function trustworthiness(rows: readonly number[][], points: readonly Point[], k = 10): number {
  const n = rows.length;
  if (n < 4 || points.length !== n) {
    throw new RangeError(
      `Cannot evaluate a map as it needs at least 4 rows, each with a point: ${n} and ${points.length}`,
    );
  }
  const near = Math.min(k, Math.ceil(n / 2) - 1);
  let penalty = 0;
  for (let i = 0; i < n; i++) {
    const rank = new Map(nearest(rows, i).map((j, index) => [j, index + 1]));
    for (const j of nearest(points, i).slice(0, near)) penalty += Math.max(0, rank.get(j)! - near);
  }
  return 1 - (2 / (n * near * (2 * n - 3 * near - 1))) * penalty;
}

/** Lists the other rows, nearest first. */
function nearest(rows: readonly (readonly number[])[], i: number): number[] {
  const distances = rows.map((row) => distance(row, rows[i]!));
  return rows.map((_, j) => j).filter((j) => j !== i).sort((a, b) => distances[a]! - distances[b]! || a - b);
}

export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, d) => sum + (value - b[d]!) ** 2, 0));
}
