import assert from "node:assert/strict";
import chiSquare from "@stdlib/stats-base-dists-chisquare";
import { chiSquareTail } from "../../lib/metrics/chi_square.ts";

Deno.test("the tail is what the distribution function leaves, where that can be told from 1", () => {
  for (let degrees = 1; degrees <= 12; degrees++) {
    for (const statistic of [0, 1e-6, 0.3, 1, 2.7, 5, 12, 25]) {
      const expected = 1 - chiSquare.cdf(statistic, degrees), found = chiSquareTail(statistic, degrees);
      assert.ok(Math.abs(found - expected) < 1e-13, `${statistic}, ${degrees}: ${found}, expected ${expected}`);
    }
  }
  assert.equal(chiSquareTail(-1e-16, 1), 1, "a statistic that rounding made negative");
});

Deno.test("the tail is never 0: values of Python's math.erfc, and an exponential's", () => {
  const close = (found: number, expected: number) => assert.ok(Math.abs(found / expected - 1) < 1e-10, `${found}`);
  close(chiSquareTail(80, 1), 3.7440973842028806e-19);
  close(chiSquareTail(100, 1), 1.5239706048320995e-23);
  close(chiSquareTail(80, 2), Math.exp(-40));
  close(chiSquareTail(80, 4), 41 * Math.exp(-40));
});

Deno.test("impossible degrees of freedom are refused", () => {
  for (const degrees of [0, 1.5, NaN]) assert.throws(() => chiSquareTail(1, degrees), /'degrees' must be/);
});
