import assert from "node:assert/strict";
import {
  bootstrapMean,
  bootstrapTest,
  hitsAt,
  hitsInterval,
  median,
  medianInterval,
  quantile,
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

Deno.test("a paired difference sees what unpaired intervals cannot", () => {
  const random = new Random(1);
  const base = Array.from({ length: 100 }, () => 20 * random.normal());
  const better = base.map((value) => value + 1 + 0.5 * random.normal());
  const { interval: [low, high] } = bootstrapTest([better], [base]);
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
  near(hitsInterval([[100, 100, 100, 100, 100, 100]], { groups: [0, 0, 1, 1, 2, 2] }), [43.8, 100]);
  near(hitsInterval([[100, 0]], { groups: [0, 0] }), [5.5, 94.5]);
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

Deno.test("means and medians of drawn groups equal a plain version that draws one by one and sorts", () => {
  const random = new Random(6), resamples = 50, seed = 9;
  const values = Array.from({ length: 70 }, () => random.integer(9) / 7);
  const groups = values.map(() => `g${random.integer(20)}`);
  const members = [...Map.groupBy(values.keys(), (i) => groups[i]).values()];
  const interval = (statistic: (sample: number[]) => number) => {
    const random = new Random(seed);
    const found = Array.from({ length: resamples }, () => {
      return statistic(members.flatMap(() => members[random.integer(members.length)]!.map((i) => values[i]!)));
    }).sort((a, b) => a - b);
    return [0.025, 0.975].map((share) => quantile(found, share));
  };
  const mean = (sample: number[]) => sample.reduce((a, b) => a + b) / sample.length;
  const close = (found: number[], expected: number[]) =>
    found.forEach((end, i) => assert.ok(Math.abs(end - expected[i]!) < 1e-12, `${found} is not ${expected}`));
  close(bootstrapMean(values, { resamples, seed, groups }), interval(mean));
  close(medianInterval([values], { resamples, seed, groups }), interval(median));
});

Deno.test("bootstrap refuses impossible options", () => {
  assert.throws(() => bootstrapMean([1], { resamples: 0 }), RangeError);
  assert.throws(() => bootstrapMean([1], { confidence: 1 }), RangeError);
  assert.throws(() => bootstrapTest([[1]], [[1, 2]]), /1 values with 2/);
  assert.throws(() => bootstrapTest([[1], [1]], [[1], [1], [1]]), /2 seeds with 3/);
  assert.throws(() => hitsInterval([[1], [1, 2]]), /1, 2 values/);
});

/** The probability of each sum of `draws` values that are drawn with replacement, by convolution. */
function sumsOf(values: readonly number[], draws: number): Map<number, number> {
  let sums = new Map([[0, 1]]);
  for (let draw = 0; draw < draws; draw++) {
    const next = new Map<number, number>();
    for (const [sum, p] of sums) {
      for (const value of values) next.set(sum + value, (next.get(sum + value) ?? 0) + p / values.length);
    }
    sums = next;
  }
  return sums;
}

Deno.test("p and interval of 60 pairs are those of all resamples", () => {
  const random = new Random(2);
  const a = Array.from({ length: 60 }, () => random.next() < 0.6 ? 1 : 0),
    b = a.map((hit) => random.next() < 0.3 ? 1 - hit : hit);
  const values = a.map((hit, i) => hit - b[i]!);
  const sums = [...sumsOf(values, 60)].sort(([x], [y]) => x - y);
  const upTo = (limit: number) => sums.filter(([sum]) => sum <= limit).reduce((total, [, p]) => total + p, 0);
  const exact = Math.min(1, 2 * Math.min(upTo(0), 1 - upTo(-1)));
  const { difference, interval: [low, high], p } = bootstrapTest([a], [b], { resamples: 40000, seed: 3 });
  assert.ok(Math.abs(difference - values.reduce((x, y) => x + y) / 60) < 1e-12);
  assert.ok(exact > 0.05 && exact < 0.95 && Math.abs(p - exact) < 0.015, `${p}, exact ${exact}`);
  for (const [end, share] of [[low, 0.025], [high, 0.975]] as const) {
    assert.ok(upTo(Math.round(60 * end) - 1) <= share + 0.003 && upTo(Math.round(60 * end)) >= share - 0.003, `${end}`);
  }
  const back = bootstrapTest([b], [a], { resamples: 40000, seed: 3 });
  assert.equal(back.p, p);
  assert.equal(bootstrapTest([a], [a]).p, 1);
  assert.ok(Number.isNaN(bootstrapTest([[]], [[]]).p));
});

Deno.test("few pairs are tested by Student's t, and pairs that all differ alike have no interval of zero width", () => {
  // R: t.test(c(3, 0, 1, 0) - c(0, 1, 0, 1)): mean 0.5, error 0.9574, t 0.5222, 3 degrees, p 0.6376
  const { difference, interval: [low, high], p } = bootstrapTest([[3, 0, 1, 0]], [[0, 1, 0, 1]]);
  assert.equal(difference, 0.5);
  assert.ok(Math.abs(low + 2.547) < 1e-3 && Math.abs(high - 3.547) < 1e-3, `${low} ${high}`);
  assert.ok(Math.abs(p - 0.63760) < 1e-4, `${p}`);
  const same = bootstrapTest([Array(30).fill(100)], [Array(30).fill(100)]);
  assert.deepEqual([same.difference, same.p], [0, 1]);
  // Wilson's upper end of 0 of 30 is 11.4 %.
  assert.ok(Math.abs(same.interval[0] + 11.35) < 0.01 && Math.abs(same.interval[1] - 11.35) < 0.01, `${same.interval}`);
  const all = bootstrapTest([Array(5).fill(100)], [Array(5).fill(0)]);
  assert.deepEqual([all.difference, all.p, all.interval[1]], [100, 1 / 16, 100]);
  assert.ok(all.interval[0] > 50 && all.interval[0] < 60, `${all.interval}`);
});

Deno.test("seeds: copies of one seed change nothing, and a model without seeds is paired with each", () => {
  const random = new Random(3);
  const hits = (share: number): number[] => Array.from({ length: 100 }, () => random.next() < share ? 100 : 0);
  const [a, b, base] = [hits(0.6), hits(0.5), hits(0.3)];
  const [one, three] = [hitsInterval([a]), hitsInterval([a, a, a])];
  assert.ok(Math.abs(one[0] - three[0]) < 1 && Math.abs(one[1] - three[1]) < 1, `${one}, ${three}`);
  const { difference, interval: [low, high] } = bootstrapTest([a, b], [base]);
  assert.ok(
    Math.abs(difference - (a.concat(b).reduce((x, y) => x + y) / 200 - base.reduce((x, y) => x + y) / 100)) < 1e-9,
  );
  const paired = bootstrapTest([a], [base]).interval;
  assert.ok(high - low > paired[1] - paired[0], "two seeds that differ say less than one seems to say");
});

Deno.test("two seeds with the same mean, from other queries, are no proof of a difference", () => {
  const row = (queries: number, better: number[], worse: number[]): number[] =>
    Array.from({ length: queries }, (_, q) => better.includes(q) ? 100 : worse.includes(q) ? -100 : 0);
  for (const queries of [20, 60]) {
    const zeros = Array(queries).fill(0);
    for (const [first, second] of [[[[0], [1, 2]], [[3], [4, 5]]], [[[0], [1]], [[1], [0]]]] as const) {
      const rows = [first, second].map(([better, worse]) => row(queries, [...better], [...worse]));
      const { difference, interval: [low, high], p } = bootstrapTest(rows, [zeros]);
      assert.ok(p > 0.1 && low < 0 && high > 0 && low < difference && difference < high, `${low} ${high} ${p}`);
    }
  }
});
