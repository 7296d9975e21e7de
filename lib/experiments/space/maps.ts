/** Maps of features in two dimensions, and their trustworthiness. */
import { TSNE } from "@saehrimnir/druidjs";
import { PCA } from "ml-pca";
import type { Point } from "./experiment.ts";

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
