/**
 * Probabilities of the normal and the chi-square distribution, precise in the tails, and the interval of a share.
 *
 * @module
 */

/** The 97.5th percentile of the standard normal distribution: an interval of 95 % reaches this far. */
export const Z95 = 1.959963984540054;

/**
 * The complementary error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from x on, with a relative error below
 * 1e-13 down to the smallest normal number.
 *
 * @example
 * ```ts
 * import { erfc } from "./distributions.ts";
 * if (Math.abs(erfc(6) / 2.1519736712498913e-17 - 1) > 1e-13) throw new Error("not precise in the tail");
 * ```
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > 30) return 0; // below the smallest number
  const power = exponentialOfSquare(x);
  if (x < 2) {
    // erf(x) = 2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n + 1) / (1 3 5 ... (2n + 1)): all terms are positive
    let [sum, term] = [0, x];
    for (let n = 0; sum + term !== sum; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 3);
    }
    return 1 - 2 / Math.sqrt(Math.PI) * power * sum;
  }
  // exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / (x + ...)))), from the inside out
  let fraction = x;
  for (let n = 100; n >= 1; n--) fraction = x + n / 2 / fraction;
  return power / Math.sqrt(Math.PI) / fraction;
}

/** `exp(-x^2)`; x is split so that the rounding of its square does not count. */
function exponentialOfSquare(x: number): number {
  const high = Math.fround(x); // its square is exact
  return Math.exp(-high * high) * Math.exp((high - x) * (high + x));
}

/** The two-sided probability of a standard normal value at least as far from 0 as z. */
export function normalTails(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2);
}

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
 * import { chiSquareTail } from "./distributions.ts";
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
  let tail = odd ? erfc(Math.sqrt(half)) : Math.exp(-half);
  let term = odd ? Math.exp(-half) * Math.sqrt(half / Math.PI) * 2 : Math.exp(-half) * half;
  for (let d = odd ? 3 : 4; d <= degrees; d += 2) {
    tail += term;
    term *= half / (d / 2);
  }
  return Math.min(1, tail);
}

/**
 * Wilson's interval of 95 % of a share: it stays within [0, 1] and is of use for few rows.
 *
 * @param share from 0 to 1
 * @param count rows behind it
 * @returns [NaN, NaN] without rows
 *
 * @example
 * ```ts
 * import { wilsonInterval } from "./distributions.ts";
 * const [low, high] = wilsonInterval(0.5, 100);
 * if (low.toFixed(3) !== "0.404" || high.toFixed(3) !== "0.596") throw new Error("wrong");
 * ```
 */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  const z2 = Z95 * Z95;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const reach = Z95 / (1 + z2 / count) * Math.sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  return [Math.max(0, centre - reach), Math.min(1, centre + reach)]; // rounding can lead out of [0, 1]
}
