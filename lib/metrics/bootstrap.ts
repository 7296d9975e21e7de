/**
 * Confidence intervals of means by percentile bootstrap over queries, or over groups of them.
 */
import { Random } from "../random.ts";
import { wilsonInterval } from "./distributions.ts";

/** An interval [low, high]. */
export type Interval = [low: number, high: number];

/** How to resample. */
export interface BootstrapOptions {
  /** Resamples. Default 2000. */
  resamples?: number;
  /** Seed of the resampling. Default 0. */
  seed?: number;
  /** The share of resamples within the interval. Default 0.95. */
  confidence?: number;
  /** The group of each value, such as the image of a recording: whole groups are resampled. By default single values. */
  groups?: ArrayLike<number> | undefined;
}

/**
 * Computes the percentile interval of the mean of `values` under resampling with replacement.
 *
 * @param values one for each query, such as 100 for a hit and 0 for a miss
 * @returns the interval; [NaN, NaN] without values
 * @throws {RangeError} if an option is out of range.
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  return intervalOf(resampledMeans(values, options), options);
}

/** Computes the interval from sorted means. */
function intervalOf(means: Float64Array, { confidence = 0.95 }: BootstrapOptions): Interval {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`Cannot bootstrap as 'confidence' must be between 0 and 1: it is ${confidence}`);
  }
  if (means.length === 0) return [NaN, NaN];
  return [quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)];
}

/** Computes the sorted means of resamples; empty without values. */
function resampledMeans(
  values: ArrayLike<number>,
  { resamples = 2000, seed = 0, groups }: BootstrapOptions,
): Float64Array {
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new RangeError(`Cannot bootstrap as 'resamples' must be a positive whole number: it is ${resamples}`);
  }
  if (values.length === 0) return new Float64Array(0);
  const totals = groupTotals(values, groups);
  const random = new Random(seed);
  return Float64Array.from({ length: resamples }, () => {
    let sum = 0, count = 0;
    for (let i = 0; i < totals.length; i++) {
      const drawn = totals[random.integer(totals.length)]!;
      sum += drawn.sum;
      count += drawn.count;
    }
    return sum / count;
  }).sort();
}

/** Sums and counts the values of each group, in the order of their first values. */
function groupTotals(
  values: ArrayLike<number>,
  groups: ArrayLike<number> | undefined,
): { sum: number; count: number }[] {
  if (groups === undefined) return Array.from(values, (sum) => ({ sum, count: 1 }));
  if (groups.length !== values.length) {
    throw new RangeError(
      `Cannot bootstrap ${values.length} values with ${groups.length} groups: expected a group for each value`,
    );
  }
  const totals = new Map<number, { sum: number; count: number }>();
  for (let i = 0; i < values.length; i++) {
    const { sum, count } = totals.get(groups[i]!) ?? { sum: 0, count: 0 };
    totals.set(groups[i]!, { sum: sum + values[i]!, count: count + 1 });
  }
  return [...totals.values()];
}

/**
 * Computes the percentile interval of the mean difference `a - b` of paired values, such as hits of two models on the same
 * queries. The difference is significant if the interval does not contain 0.
 *
 * @throws {RangeError} if the lengths differ or an option is out of range.
 */
export function bootstrapDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  return bootstrapMean(differences(a, b), options);
}

function differences(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  if (a.length !== b.length) {
    throw new RangeError(`Cannot pair ${a.length} values with ${b.length}: expected equal numbers`);
  }
  return Array.from(a, (value, i) => value - b[i]!);
}

/**
 * Computes the mean difference `a - b` of paired values, its interval as in {@link bootstrapDifference}, and the two-sided
 * p-value. p is twice the smaller share of resampled differences that are at most 0 or at least 0. One is added to both
 * counts of a share, so that p is never 0.
 *
 * @returns NaN throughout without values
 * @throws {RangeError} if the lengths differ or an option is out of range.
 */
export function bootstrapTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions = {},
): { difference: number; interval: Interval; p: number } {
  const values = differences(a, b);
  const means = resampledMeans(values, options);
  const interval = intervalOf(means, options);
  if (values.length === 0) return { difference: NaN, interval, p: NaN };
  const share = (far: (mean: number) => boolean): number => (1 + means.filter(far).length) / (1 + means.length);
  const p = Math.min(1, 2 * Math.min(share((mean) => mean <= 1e-12), share((mean) => mean >= -1e-12)));
  return { difference: values.reduce((sum, value) => sum + value, 0) / values.length, interval, p };
}

/**
 * Computes the interval of a recall at K, in percent. Queries of rank 0 are ignored.
 *
 * @param ranks the rank of each query, from 1
 */
export function recallInterval(ranks: ArrayLike<number>, k: number, options: BootstrapOptions = {}): Interval {
  const groups = options.groups && Array.from(options.groups).filter((_, query) => ranks[query]! > 0);
  return hitsInterval(hitsAt(ranks, k), { ...options, groups });
}

/**
 * The interval of the mean of hits from 0 to 100. If all groups have the same share, as where every query succeeds, resampling
 * shows no spread: Wilson's interval of as many groups is used instead.
 */
export function hitsInterval(hits: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  const interval = bootstrapMean(hits, options);
  return spreadOut(interval, options.groups === undefined ? hits.length : new Set(Array.from(options.groups)).size);
}

/** The interval in percent or, if it has no width, Wilson's of a share among `count`. */
export function spreadOut([low, high]: readonly [number, number], count: number): Interval {
  if (low !== high || count === 0) return [low, high];
  const [from, to] = wilsonInterval(low / 100, count);
  return [100 * from, 100 * to];
}

/** Lists 100 for each query with a rank of at most `k`, else 0. Queries of rank 0 are ignored. */
export function hitsAt(ranks: ArrayLike<number>, k: number): number[] {
  return Array.from(ranks).filter((rank) => rank > 0).map((rank) => rank <= k ? 100 : 0);
}

/** Computes a quantile of sorted values with linear interpolation, as numpy does. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position), above = Math.ceil(position);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
