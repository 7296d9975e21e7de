/**
 * Tail probabilities of the normal and the chi-square distribution, precise for large statistics, and Wilson's interval.
 */

/** The 97.5th percentile of the standard normal distribution: half the width of a 95 % interval. */
export const Z95 = 1.959963984540054;

/**
 * Computes the complementary error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from x to infinity. The relative
 * error is below 1e-13 down to the smallest normal number.
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > 30) return 0; // underflow
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

/** Computes `exp(-x^2)`. Splitting x avoids the rounding error of its square. */
function exponentialOfSquare(x: number): number {
  const high = Math.fround(x); // its square is exact
  return Math.exp(-high * high) * Math.exp((high - x) * (high + x));
}

/** Computes the two-sided p-value of a standard normal statistic. */
export function normalTails(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2);
}

/**
 * Computes the p-value of a chi-square statistic. It is summed from the upper tail: `1 - cdf` would be 0 for a statistic of 80.
 *
 * @param statistic a negative one counts as 0
 * @param degrees degrees of freedom
 * @throws {RangeError} if `degrees` is not a positive whole number.
 */
export function chiSquareTail(statistic: number, degrees: number): number {
  if (!(Number.isInteger(degrees) && degrees >= 1)) {
    throw new RangeError(`Cannot test as 'degrees' must be a positive whole number: it is ${degrees}`);
  }
  const half = Math.max(0, statistic) / 2;
  // Q(d) = Q(d - 2) + half^(d / 2 - 1) exp(-half) / Gamma(d / 2), starting from the normal (1) or the exponential (2).
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
 * Computes the 95 % Wilson interval of a share, which is valid for few rows too.
 *
 * @param share from 0 to 1
 * @param count the number of rows
 * @returns an interval within [0, 1]; [NaN, NaN] without rows
 */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  const z2 = Z95 * Z95;
  const center = (share + z2 / (2 * count)) / (1 + z2 / count);
  const reach = Z95 / (1 + z2 / count) * Math.sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  return [Math.max(0, center - reach), Math.min(1, center + reach)]; // rounding could leave [0, 1]
}
