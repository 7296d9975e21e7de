/**
 * Probabilities of the chi-square distribution.
 *
 * @module
 */
import normal from "@stdlib/stats-base-dists-normal";

/**
 * The probability of a chi-square statistic of at least this size. It is summed from the upper end, since `1 - cdf` is 0 for
 * a statistic of 80, and a result must not claim a probability of 0.
 *
 * @param statistic what is below 0 counts as 0
 * @param degrees of freedom
 * @throws {RangeError} where the degrees of freedom are no positive whole number.
 *
 * @example
 * ```ts
 * import { chiSquareTail } from "./chi_square.ts";
 * if (Math.abs(chiSquareTail(3.841458820694124, 1) - 0.05) > 1e-12) throw new Error("not the 95th percentile");
 * ```
 */
export function chiSquareTail(statistic: number, degrees: number): number {
  if (!(Number.isInteger(degrees) && degrees >= 1)) {
    throw new RangeError(`Cannot test as 'degrees' must be a positive whole number: it is ${degrees}`);
  }
  const half = Math.max(0, statistic) / 2;
  // Q(d) = Q(d - 2) + half^(d / 2 - 1) exp(-half) / Gamma(d / 2), from a normal's two tails or from an exponential's one.
  const odd = degrees % 2 === 1;
  let tail = odd ? 2 * normal.cdf(-Math.sqrt(2 * half), 0, 1) : Math.exp(-half);
  let term = odd ? Math.exp(-half) * Math.sqrt(half / Math.PI) * 2 : Math.exp(-half) * half;
  for (let d = odd ? 3 : 4; d <= degrees; d += 2) {
    tail += term;
    term *= half / (d / 2);
  }
  return Math.min(1, tail);
}
