import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { calibrationBins } from "../../lib/metrics/calibration.ts";

Deno.test("bins of equal count hold the rows that sorting by hand puts there", () => {
  const bins = calibrationBins([5, 1, 3, 2, 4, 6], [1, 0, 0, 1, 1, 1], [0.6, 0.1, 0.4, 0.2, 0.5, 0.9], { bins: 3 });
  deepStrictEqual(bins.map(({ count }) => count), [2, 2, 2]);
  deepStrictEqual(bins.map(({ observed }) => observed), [0.5, 0.5, 1]);
  deepStrictEqual(bins.map(({ predicted }) => predicted.toFixed(3)), ["0.150", "0.450", "0.750"]);
  deepStrictEqual(bins.map(({ meanX }) => meanX), [1.5, 3.5, 5.5]);
});

Deno.test("the interval of a share is Wilson's: 5 of 10 gives 0.237 to 0.763", () => {
  const [bin] = calibrationBins([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0], Array(10).fill(0.5));
  deepStrictEqual(bin!.observed95.map((end) => end.toFixed(3)), ["0.237", "0.763"]);
});

Deno.test("every row lies in exactly one bin, and bins tile the range", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom("count" as const, "width" as const),
      (x, count, by) => {
        const bins = calibrationBins(x, x.map(() => 1), x.map(() => 0.5), { bins: count, by });
        strictEqual(bins.reduce((sum, bin) => sum + bin.count, 0), x.length);
        strictEqual(bins[0]!.from, Math.min(...x));
        strictEqual(bins.at(-1)!.to, Math.max(...x));
        bins.slice(1).forEach((bin, i) => strictEqual(bin.from, bins[i]!.to));
        ok(bins.length <= count);
      },
    ),
  );
});

Deno.test("lists of different lengths are refused", () => {
  throws(() => calibrationBins([1, 2], [1], [0.5, 0.5]), /2 predictors, 1 outcomes and 2 predictions/);
  throws(() => calibrationBins([1], [1], [0.5], { bins: 0 }), /'bins' must be a positive whole number: it is 0/);
});
