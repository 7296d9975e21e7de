/**
 * How sure a mean is: percentile bootstrap over queries, or over groups of them.
 *
 * @module
 */
import { Random } from "../random.ts";
import { wilsonInterval } from "./distributions.ts";

/** An interval [low, high]. */
export type Interval = [low: number, high: number];

/** Options of the bootstrap. */
export interface BootstrapOptions {
  /** Resamples. Default 2000. */
  resamples?: number;
  /** Seed of the resampling. Default 0. */
  seed?: number;
  /** Part of the resamples within the interval. Default 0.95. */
  confidence?: number;
  /**
   * The group of each value, where values of a group are not independent, as recordings of one image: whole groups
   * are drawn. Default: each value by itself.
   */
  groups?: ArrayLike<number> | undefined;
}

/**
 * The percentile interval of the mean of `values` under resampling with replacement.
 *
 * @param values one for each query, such as 100 for a hit and 0 for a miss
 * @param options.groups what is drawn together
 * @returns the interval, [NaN, NaN] without values
 * @throws {RangeError} where an option is out of range.
 *
 * @example
 * ```ts
 * import { bootstrapMean } from "./bootstrap.ts";
 * const [low, high] = bootstrapMean(Array.from({ length: 400 }, (_, i) => i % 2));
 * if (!(low > 0.44 && low < 0.5 && high > 0.5 && high < 0.56)) throw new Error("not about 0.45 to 0.55");
 * ```
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  return middle(resampledMeans(values, options), options);
}

/** The interval that holds the confident part of sorted means. */
function middle(means: Float64Array, { confidence = 0.95 }: BootstrapOptions): Interval {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`Cannot bootstrap as 'confidence' must lie between 0 and 1: it is ${confidence}`);
  }
  if (means.length === 0) return [NaN, NaN];
  return [quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)];
}

/** The sorted means of resamples; none without values. */
function resampledMeans(
  values: ArrayLike<number>,
  { resamples = 2000, seed = 0, groups }: BootstrapOptions,
): Float64Array {
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new RangeError(`Cannot bootstrap as 'resamples' must be a positive whole number: it is ${resamples}`);
  }
  if (values.length === 0) return new Float64Array(0);
  const drawn = totalsOf(values, groups);
  const random = new Random(seed);
  return Float64Array.from({ length: resamples }, () => {
    let sum = 0, count = 0;
    for (let i = 0; i < drawn.length; i++) {
      const one = drawn[random.integer(drawn.length)]!;
      sum += one.sum;
      count += one.count;
    }
    return sum / count;
  }).sort();
}

/** The sum and the number of values of each group, in the order of their first ones. */
function totalsOf(values: ArrayLike<number>, groups: ArrayLike<number> | undefined): { sum: number; count: number }[] {
  if (groups === undefined) return Array.from(values, (sum) => ({ sum, count: 1 }));
  if (groups.length !== values.length) {
    throw new RangeError(
      `Cannot bootstrap ${values.length} values of ${groups.length} groups: expected as many of both`,
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
 * The percentile interval of the mean difference `a - b` of paired values: both methods answered the same queries, and a
 * resample draws queries. An interval without 0 separates the methods.
 *
 * @throws {RangeError} where the lengths differ or an option is out of range.
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
    throw new RangeError(`Cannot pair ${a.length} values with ${b.length}: expected as many of both`);
  }
  return Array.from(a, (value, i) => value - b[i]!);
}

/** The result of a paired bootstrap. */
export interface PairedTest {
  /** Mean of `a - b`. */
  difference: number;
  /** Its percentile interval. */
  interval: Interval;
  /** Two-sided p-value of no difference. */
  p: number;
}

/**
 * The mean difference `a - b` of paired values with its interval, as {@link bootstrapDifference} gives it, and the two-sided
 * p-value that belongs to it: twice the share of resampled differences on the far side of 0 or on it, the smaller of both
 * sides, one being added to both counts, so that it is never 0 and at most 1.
 *
 * @returns NaN throughout without values
 * @throws {RangeError} where the lengths differ or an option is out of range.
 *
 * @example
 * ```ts
 * import { bootstrapTest } from "./bootstrap.ts";
 * const { p } = bootstrapTest([1, 1, 1, 1], [0, 0, 0, 0], { resamples: 999 });
 * if (p !== 0.002) throw new Error("every resample differs: 2 * 1 / 1000");
 * ```
 */
export function bootstrapTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions = {},
): PairedTest {
  const values = differences(a, b);
  const means = resampledMeans(values, options);
  const interval = middle(means, options);
  if (values.length === 0) return { difference: NaN, interval, p: NaN };
  const share = (far: (mean: number) => boolean): number => (1 + means.filter(far).length) / (1 + means.length);
  const p = Math.min(1, 2 * Math.min(share((mean) => mean <= 1e-12), share((mean) => mean >= -1e-12)));
  return { difference: values.reduce((sum, value) => sum + value, 0) / values.length, interval, p };
}

/**
 * The interval of a recall at K, in percent. Queries of rank 0 are left out, from the groups too.
 *
 * @param ranks each query's rank, from 1 on
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

/** 100 for each query with a rank of at most `k`, else 0; queries of rank 0 are left out. */
export function hitsAt(ranks: ArrayLike<number>, k: number): number[] {
  return Array.from(ranks).filter((rank) => rank > 0).map((rank) => rank <= k ? 100 : 0);
}

/** The value below which a part of the sorted values lies, with linear interpolation as numpy does. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const place = part * (sorted.length - 1);
  const below = Math.floor(place), above = Math.ceil(place);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
