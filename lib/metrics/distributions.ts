/**
 * Tail probabilities of the normal, chi-square and Student's distributions, precise for large statistics, and intervals of shares.
 */

/** The 97.5th percentile of the standard normal distribution: half the width of a 95 % interval. */
export const Z95 = 1.959963984540054;

/** Computes the standard deviation of a sample, with N - 1; NaN for one value. */
export function sampleDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

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
 * Computes the Wilson interval of a share, which is valid for few rows too.
 *
 * @param share from 0 to 1
 * @param count the number of rows
 * @returns an interval within [0, 1]; [NaN, NaN] without rows
 */
export function wilsonInterval(share: number, count: number, confidence = 0.95): [low: number, high: number] {
  const z = studentReach(Infinity, confidence), z2 = z * z;
  const center = (share + z2 / (2 * count)) / (1 + z2 / count);
  const reach = z / (1 + z2 / count) * Math.sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  return [Math.max(0, center - reach), Math.min(1, center + reach)]; // rounding could leave [0, 1]
}

/**
 * Computes the two-sided p-value of Student's t.
 *
 * @param degrees degrees of freedom, at least 1; need not be whole
 * @throws {RangeError} if `degrees` is below 1.
 */
export function studentTails(t: number, degrees: number): number {
  if (!(degrees >= 1)) throw new RangeError(`Cannot test as 'degrees' must be at least 1: it is ${degrees}`);
  if (degrees === Infinity) return normalTails(t);
  const far = t * t / (degrees + t * t); // the incomplete beta function is precise below its mean, so each side has its own
  return far < 1 / (degrees + 1)
    ? 1 - incompleteBeta(far, 1 / 2, degrees / 2)
    : incompleteBeta(degrees / (degrees + t * t), degrees / 2, 1 / 2);
}

/**
 * Computes how many standard errors an interval reaches to each side.
 *
 * @param degrees of Student's t; Infinity for the normal distribution
 * @param confidence the share that the interval covers, below 1
 */
export function studentReach(degrees: number, confidence = 0.95): number {
  if (degrees === Infinity && confidence === 0.95) return Z95;
  let [low, high] = [0, 2];
  while (studentTails(high, degrees) > 1 - confidence) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (studentTails(middle, degrees) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The regularized incomplete beta function `I_x(a, b)`, by its continued fraction, for x below about `a / (a + b)`. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  let fraction = 1; // 1 + d1 / (1 + d2 / (1 + ...)), from the inside out
  for (let m = 200; m >= 0; m--) {
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    const even = (m + 1) * (b - m - 1) * x / ((a + 2 * m + 1) * (a + 2 * m + 2));
    fraction = 1 + odd / (1 + even / fraction);
  }
  return front / (a * fraction);
}

/** The logarithm of the gamma function, by Stirling's series after shifting x to 10 or more; x is positive. */
function logGamma(x: number): number {
  let shift = 0;
  for (; x < 10; x++) shift -= Math.log(x);
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * x * x)) / (x * x)) / (x * x)) / x;
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}

/** An estimate with its standard error. */
export interface Estimate {
  value: number;
  error: number;
  /** Degrees of freedom of the error. */
  degrees: number;
}

/** Computes the interval of an estimate by Student's t. */
export function studentInterval({ value, error, degrees }: Estimate, confidence = 0.95): [low: number, high: number] {
  const reach = studentReach(degrees, confidence) * error;
  return [value - reach, value + reach];
}

/**
 * Computes the interval of a share by Student's t on the log odds, which stays within [0, 1] and is not symmetric near its ends.
 * Without any spread, as where all succeed, it is Wilson's of `groups`.
 *
 * @param estimate.value from 0 to 1
 * @param groups the number of independent observations
 */
export function shareInterval(
  { value, error, degrees }: Estimate,
  groups: number,
  confidence = 0.95,
): [low: number, high: number] {
  if (!(error > 0 && value > 0 && value < 1)) return wilsonInterval(value, groups, confidence);
  const logOdds = { value: Math.log(value / (1 - value)), error: error / (value * (1 - value)), degrees };
  const [low, high] = studentInterval(logOdds, confidence).map((odds) => 1 / (1 + Math.exp(-odds)));
  return [low!, high!];
}
