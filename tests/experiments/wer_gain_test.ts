import assert from "node:assert/strict";
import type { TrialRow } from "../../lib/experiments/results.ts";
import { gainByWer } from "../../lib/experiments/wer_gain.ts";
import { TRIAL_RESULT } from "../../lib/experiments/results.ts";
import { Random } from "../../lib/random.ts";
import { werGainFigure } from "../../lib/report/figures/wer_gain.ts";
import { variantFindings } from "../../lib/report/findings.ts";

const IMAGES = 150, EACH = 2, SEEDS = [1, 2, 3, 4];

/** Two models over four seeds: the first finds `add(wer)` more of the images at a rate. */
function world(add: (wer: number) => number): { full: TrialRow[]; pip: TrialRow[]; wer: (number | null)[] } {
  const random = new Random(5);
  const pictureOf = Array.from({ length: IMAGES * EACH }, (_, n) => Math.floor(n / EACH));
  const wer = pictureOf.map((image) => image === 3 ? null : Math.max(0, 0.3 + 0.25 * random.normal()));
  const row = (name: "full" | "pip", seed: number): TrialRow => {
    const share = (rate: number) => 0.4 + (name === "full" ? add(rate) : 0);
    const speech2image = wer.map((rate) => random.next() < share(rate ?? 0) ? 1 : 7);
    const every = { "R@1": 50, "R@5": 50, "R@10": 100 }, none = [0, 100] as [number, number];
    const intervals = { "R@1": none, "R@5": none, "R@10": none };
    return {
      name,
      test: "own",
      variant: name,
      seed,
      step: 1,
      recall: { speech2image: every, image2speech: every },
      intervals: { speech2image: intervals, image2speech: intervals },
      ranks: { speech2image, image2speech: Array.from({ length: IMAGES }, () => 1) },
      pictureOf,
    };
  };
  return { full: SEEDS.map((seed) => row("full", seed)), pip: SEEDS.map((seed) => row("pip", seed)), wer };
}

Deno.test("the gain by word error rate: bins and slope equal naive means and least squares; the curve follows", () => {
  const { full, pip, wer } = world((rate) => 0.6 * Math.min(1, rate));
  const gain = gainByWer(full, pip, wer, 1)!;
  const used = wer.flatMap((rate, n) => rate === null ? [] : [{ rate: Math.min(1, rate), n }]);
  assert.equal(gain.recordings, used.length);
  const difference = (n: number) =>
    25 *
    [0, 1, 2, 3].reduce(
      (sum, s) => sum + Number(full[s]!.ranks.speech2image[n] === 1) - Number(pip[s]!.ranks.speech2image[n] === 1),
      0,
    );
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  for (const { from, to, count, points, interval: [low, high] } of gain.bins) {
    const inside = used.filter(({ rate }) => to === 0 ? rate === 0 : rate > from && rate <= (to ?? Infinity));
    assert.equal(count, inside.length);
    near(points, mean(inside.map(({ n }) => difference(n))));
    assert.ok(low <= points && points <= high);
  }
  const middle = mean(used.map(({ rate }) => rate)), center = mean(used.map(({ n }) => difference(n)));
  const steepness = mean(used.map(({ rate, n }) => (rate - middle) * (difference(n) - center))) /
    mean(used.map(({ rate }) => (rate - middle) ** 2));
  near(gain.slope.difference, 0.1 * steepness);
  assert.ok(gain.slope.p < 0.01 && gain.slope.interval[0] > 0 && gain.slope.interval[1] < 12, `${gain.slope.interval}`);
  const { points, low95, high95, wer: at } = gain.curve;
  assert.ok(points.at(-1)! > points[0]! + 20 && at[0]! >= 0 && at.at(-1)! <= 1, `${points}`);
  assert.ok(points.every((value, i) => low95[i]! <= value && value <= high95[i]!));
  const flat = world(() => 0.1), none = gainByWer(flat.full, flat.pip, flat.wer, 1)!;
  assert.ok(none.slope.p > 0.05, "no trend where there is none");
  assert.equal(gainByWer(full, pip, wer.map(() => 0.2), 1), undefined, "rates that do not differ");
});

Deno.test("the figure and the findings say whether sound adds more where more words are wrong", () => {
  const { full, pip, wer } = world((rate) => 0.6 * Math.min(1, rate));
  const names = full[0]!.pictureOf.map(String);
  const queries = {
    test: "own",
    dataset: "own",
    dataRoot: "x",
    recordings: names,
    pictures: names.slice(0, IMAGES),
    wer,
  };
  const result = { tests: [queries], rows: [...pip, ...full], comparisons: [] };
  assert.ok(TRIAL_RESULT.safeParse(JSON.parse(JSON.stringify(result))).success);
  const figure = werGainFigure(result);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.match(figure.caption, /298 recordings have a written caption\. Means over seeds 1, 2, 3, 4\..*R@1: \+\d/);
  assert.match(
    variantFindings(result),
    /Sound adds more where more words are wrong: R@1 .* changes by \+\d\.\d points \[\+.*\] p .*with each 10 points/,
  );
  const { wer: _, ...old } = queries;
  assert.ok(!variantFindings({ ...result, tests: [old] }).includes("Sound adds"));
  assert.throws(() => werGainFigure({ ...result, tests: [old] }), RangeError);
});
