/** Maps of the joint space, against naive versions. */
import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { emotionsOf, firstWord } from "../../lib/experiments/space/run.ts";
import { distance, principalComponents, trustworthiness, tsne } from "../../lib/experiments/space/run.ts";
import type { Point } from "../../lib/experiments/space/experiment.ts";
import { presetConfig } from "../../lib/training/presets.ts";

/** Rows in clusters that lie 8 apart, with noise of deviation 1. */
function clusters(count: number, each: number, width: number, seed = 1): number[][] {
  const random = new Random(seed);
  return Array.from(
    { length: count * each },
    (_, i) => Array.from({ length: width }, (_, d) => (d === Math.floor(i / each) ? 8 : 0) + random.normal()),
  );
}

/** Leading directions of the covariance by power iteration, with their shares of the variance. */
function naiveComponents(rows: number[][]): { points: number[][]; shares: number[] } {
  const n = rows.length, width = rows[0]!.length;
  const means = rows[0]!.map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / n);
  const centred = rows.map((row) => row.map((value, d) => value - means[d]!));
  const covariance = Array.from(
    { length: width },
    (_, a) =>
      Array.from({ length: width }, (_, b) => centred.reduce((sum, row) => sum + row[a]! * row[b]!, 0) / (n - 1)),
  );
  const trace = covariance.reduce((sum, row, d) => sum + row[d]!, 0);
  const points = rows.map((): number[] => []), shares: number[] = [];
  for (let axis = 0; axis < 2; axis++) {
    let direction = Array.from({ length: width }, (_, d) => Math.sin(d + 1));
    let value = 0;
    for (let round = 0; round < 5000; round++) {
      const next = covariance.map((row) => row.reduce((sum, cell, d) => sum + cell * direction[d]!, 0));
      value = Math.hypot(...next);
      direction = next.map((part) => part / value);
    }
    const largest = direction.reduce((best, part) => Math.abs(part) > Math.abs(best) ? part : best, 0);
    direction = direction.map((part) => part * Math.sign(largest));
    centred.forEach((row, i) => points[i]!.push(row.reduce((sum, part, d) => sum + part * direction[d]!, 0)));
    covariance.forEach((row, a) => row.forEach((_, b) => row[b]! -= value * direction[a]! * direction[b]!));
    shares.push(value / trace);
  }
  return { points, shares };
}

Deno.test("principal components equal a power iteration's", () => {
  const random = new Random(3);
  const rows = Array.from({ length: 30 }, () => [5, 3, 1, 0.5, 0.2].map((scale) => scale * random.normal() + 2));
  const { points, explained } = principalComponents(rows);
  const naive = naiveComponents(rows);
  points.forEach((point, i) =>
    point.forEach((value, axis) => assert.ok(Math.abs(value - naive.points[i]![axis]!) < 1e-6, `${i} ${axis}`))
  );
  explained.forEach((share, axis) => assert.ok(Math.abs(share - naive.shares[axis]!) < 1e-9));
});

Deno.test("t-SNE keeps clusters apart and together, and a seed gives the same map twice", () => {
  const rows = clusters(3, 15, 6);
  const points = tsne(rows, 10, 1);
  assert.deepEqual(tsne(rows, 10, 1), points);
  assert.notDeepEqual(tsne(rows, 10, 2), points);
  points.forEach((point, i) => {
    const nearest = points.map((other, j) => ({ j, far: j === i ? Infinity : distance(point, other) }))
      .reduce((best, other) => other.far < best.far ? other : best);
    assert.equal(Math.floor(nearest.j / 15), Math.floor(i / 15), `${i} lies next to ${nearest.j}`);
  });
  assert.equal(tsne(clusters(2, 3, 4), 30, 1).length, 6, "few rows get a perplexity that fits");
});

Deno.test("trustworthiness equals its definition, and is 1 for a faithful map", () => {
  const rows = clusters(3, 6, 4);
  const random = new Random(9);
  const points = rows.map((): Point => [random.normal(), random.normal()]);
  const n = rows.length, k = 5;
  const ranks = (of: readonly (readonly number[])[], i: number) =>
    of.map((_, j) =>
      j === i ? 0 : of.filter((row, m) => m !== i && distance(row, of[i]!) <= distance(of[j]!, of[i]!)).length
    );
  let penalty = 0;
  for (let i = 0; i < n; i++) {
    const [truth, shown] = [ranks(rows, i), ranks(points, i)];
    for (let j = 0; j < n; j++) if (j !== i && shown[j]! <= k && truth[j]! > k) penalty += truth[j]! - k;
  }
  const expected = 1 - (2 / (n * k * (2 * n - 3 * k - 1))) * penalty;
  assert.ok(Math.abs(trustworthiness(rows, points, k) - expected) < 1e-12);
  assert.ok(expected < 0.9, "random points invent neighbours");
  const flat = rows.map(([x, y]): Point => [x!, y!]);
  assert.equal(trustworthiness(flat.map(([x, y]) => [3 * x, 3 * y]), flat), 1);
  assert.throws(() => trustworthiness(rows.slice(0, 3), points.slice(0, 3)), RangeError);
});

Deno.test("pairs are colored by emotion if the data has it, otherwise by words", async () => {
  const moods = await emotionsOf(presetConfig("sample-tone"));
  assert.equal(moods?.get("test-000-0-happy"), "happy");
  assert.equal(await emotionsOf(presetConfig("sample-ln-coco")), undefined);
  assert.equal(firstWord("The reddish, RED door and a blue one", ["blue", "red"]), "red");
  assert.equal(firstWord("a door", ["blue", "red"]), null);
});
