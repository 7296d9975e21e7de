import assert from "node:assert/strict";
import {
  bootstrapDifference,
  bootstrapMean,
  bootstrapTest,
  hitsAt,
  hitsInterval,
  recallInterval,
} from "../../lib/metrics/bootstrap.ts";
import { Random } from "../../lib/random.ts";

Deno.test("bootstrapMean agrees with the normal approximation", () => {
  const random = new Random(4);
  const values = Array.from({ length: 500 }, () => 10 + 2 * random.normal());
  const mean = values.reduce((a, b) => a + b) / values.length;
  const error = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0)) / values.length;
  const [low, high] = bootstrapMean(values, { resamples: 4000 });
  assert.ok(Math.abs(low - (mean - 1.96 * error)) < 0.02 && Math.abs(high - (mean + 1.96 * error)) < 0.02);
});

Deno.test("bootstrapMean covers the true mean about as often as it says", () => {
  const random = new Random(8);
  let covered = 0;
  for (let trial = 0; trial < 200; trial++) {
    const values = Array.from({ length: 60 }, () => random.next() < 0.4 ? 100 : 0);
    const [low, high] = bootstrapMean(values, { resamples: 300, seed: trial });
    if (low <= 40 && 40 <= high) covered++;
  }
  assert.ok(covered > 180 && covered < 199, `covered ${covered} of 200`);
});

Deno.test("bootstrapMean repeats with its seed, and is exact where nothing varies", () => {
  const values = Array.from({ length: 50 }, (_, i) => i);
  assert.deepEqual(bootstrapMean(values, { seed: 3 }), bootstrapMean(values, { seed: 3 }));
  assert.notDeepEqual(bootstrapMean(values, { seed: 3 }), bootstrapMean(values, { seed: 4 }));
  assert.deepEqual(bootstrapMean([7, 7, 7]), [7, 7]);
  assert.deepEqual(bootstrapMean([]), [NaN, NaN]);
});

Deno.test("bootstrapDifference sees what unpaired intervals cannot", () => {
  const random = new Random(1);
  const base = Array.from({ length: 100 }, () => 20 * random.normal());
  const better = base.map((value) => value + 1 + 0.5 * random.normal());
  const [low, high] = bootstrapDifference(better, base);
  assert.ok(low > 0.8 && high < 1.2);
  assert.ok(bootstrapMean(better)[0] < bootstrapMean(base)[1]);
});

Deno.test("recallInterval holds the recall", () => {
  const ranks = [1, 1, 3, 0, 12, 5, 1, 9];
  assert.deepEqual(hitsAt(ranks, 5), [100, 100, 100, 0, 100, 100, 0]);
  const [low, high] = recallInterval(ranks, 5);
  assert.ok(low <= 500 / 7 && 500 / 7 <= high && low >= 0 && high <= 100);
});

Deno.test("three successes of three are not certain: without spread the interval is Wilson's of as many groups", () => {
  const near = ([low, high]: readonly number[], expected: readonly number[]) =>
    [low!, high!].forEach((end, i) => assert.ok(Math.abs(end - expected[i]!) < 0.1, `${low} to ${high}`));
  near(recallInterval([1, 1, 1], 1), [43.8, 100]);
  near(recallInterval([9, 9, 9], 1), [0, 56.2]);
  near(recallInterval([1], 10), [20.7, 100]);
  // Six recordings of three images are three independent observations.
  near(hitsInterval([100, 100, 100, 100, 100, 100], { groups: [0, 0, 1, 1, 2, 2] }), [43.8, 100]);
  near(hitsInterval([100, 0], { groups: [0, 0] }), [5.5, 94.5]);
  assert.deepEqual(hitsInterval([]), [NaN, NaN]);
});

Deno.test("groups are drawn whole: copies of a value add no information, and groups of one change nothing", () => {
  const random = new Random(5);
  const values = Array.from({ length: 40 }, () => random.normal());
  const alone = bootstrapMean(values);
  assert.deepEqual(bootstrapMean(values, { groups: values.keys().toArray() }), alone);
  const copies = [...values, ...values, ...values], groups = copies.map((_, i) => i % values.length);
  const [low, high] = bootstrapMean(copies, { groups });
  assert.ok(Math.abs(low - alone[0]) < 1e-12 && Math.abs(high - alone[1]) < 1e-12);
  const [falseLow, falseHigh] = bootstrapMean(copies);
  assert.ok((falseHigh - falseLow) / (high - low) < 0.7, "as independent they would claim 1.7 times as much");
  // A group of three values counts three times where it is drawn.
  assert.deepEqual(bootstrapMean([0, 0, 0, 1], { groups: [7, 7, 7, 2] }), [0, 1]);
  assert.throws(() => bootstrapMean([1, 2], { groups: [1] }), /2 values with 1 groups/);
  // Queries without an answer leave their groups.
  const ranks = [1, 0, 9, 1, 0, 9], pairs = [0, 0, 1, 1, 2, 2];
  assert.deepEqual(
    recallInterval(ranks, 1, { groups: pairs }),
    recallInterval([1, 9, 1, 9], 1, { groups: [0, 1, 1, 2] }),
  );
});

Deno.test("bootstrap refuses impossible options", () => {
  assert.throws(() => bootstrapMean([1], { resamples: 0 }), RangeError);
  assert.throws(() => bootstrapMean([1], { confidence: 1 }), RangeError);
  assert.throws(() => bootstrapDifference([1], [1, 2]), RangeError);
});

Deno.test("the paired p-value is that of all resamples where those can be listed", () => {
  const a = [3, 0, 1, 0], b = [0, 1, 0, 1]; // differences 3, -1, 1, -1
  const differences = a.map((value, i) => value - b[i]!);
  let low = 0, high = 0;
  for (let n = 0; n < 4 ** 4; n++) {
    const sum = [0, 1, 2, 3].reduce((total, place) => total + differences[Math.floor(n / 4 ** place) % 4]!, 0);
    if (sum <= 0) low++;
    if (sum >= 0) high++;
  }
  const exact = Math.min(1, 2 * Math.min(low, high) / 4 ** 4);
  const { difference, interval, p } = bootstrapTest(a, b, { resamples: 40000, seed: 3 });
  assert.equal(difference, 0.5);
  assert.deepEqual(interval, bootstrapDifference(a, b, { resamples: 40000, seed: 3 }));
  assert.ok(exact > 0.4 && exact < 0.9 && Math.abs(p - exact) < 0.02, `${p}, exact ${exact}`);
  const other = bootstrapTest(b, a, { resamples: 40000, seed: 3 });
  assert.equal(other.p, p);
  assert.equal(bootstrapTest(a, a).p, 1);
  assert.ok(Number.isNaN(bootstrapTest([], []).p));
});
