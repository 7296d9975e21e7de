/**
 * Confidence intervals of means by percentile bootstrap over queries, or over groups of them, and over seeds.
 */
import { Random } from "../random.ts";
import {
  type Estimate,
  sampleDeviation,
  shareInterval,
  studentInterval,
  studentTails,
  wilsonInterval,
} from "./distributions.ts";

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
  groups?: ArrayLike<number | string> | undefined;
}

/** For each training seed the values of all queries, in the same order. One list if there is a single seed. */
export type BySeed = readonly ArrayLike<number>[];

/**
 * Computes the percentile interval of the mean of `values` under resampling with replacement.
 *
 * @param values one for each query, such as 100 for a hit and 0 for a miss
 * @returns the interval; [NaN, NaN] without values
 * @throws {RangeError} if an option is out of range.
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  return percentiles(resample([values], options).draws(), options);
}

function percentiles(means: Float64Array, { confidence = 0.95 }: BootstrapOptions): Interval {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`Cannot bootstrap as 'confidence' must be between 0 and 1: it is ${confidence}`);
  }
  if (means.length === 0) return [NaN, NaN];
  return [quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)];
}

/** Resampled means with the standard error that they estimate. */
interface Resampled extends Estimate {
  /**
   * Draws means, sorted; none without values.
   *
   * @param moved a mean, from the deviation that the groups cause and a draw from Student's t for the seeds
   */
  draws: (moved?: (deviation: number, student: number) => number) => Float64Array;
  /** The mean of each seed. */
  means: number[];
  groups: number;
  /** Groups whose mean is not 0. */
  nonzero: number;
}

/**
 * The two-level bootstrap. Groups of queries are drawn with replacement, together for all seeds. Seeds are too few to be
 * drawn: the mean of three drawn from three covers three quarters of what it should. So their part is a draw from Student's t
 * with the standard error of the seeds' means. That error contains the noise of each single query already, so the spread of
 * the groups is reduced by its share (components of variance in a two-way layout).
 */
function resample(rows: BySeed, { resamples = 2000, seed = 0, groups }: BootstrapOptions): Resampled {
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new RangeError(`Cannot bootstrap as 'resamples' must be a positive whole number: it is ${resamples}`);
  }
  const values = rows[0] ?? [];
  if (rows.some(({ length }) => length !== values.length)) {
    throw new RangeError(`Cannot bootstrap seeds as they have ${rows.map(({ length }) => length).join(", ")} values`);
  }
  if (values.length === 0) {
    return { value: NaN, error: NaN, degrees: NaN, draws: () => new Float64Array(0), means: [], groups: 0, nonzero: 0 };
  }
  const { of, counts } = groupsOf(values.length, groups);
  const bySeed = rows.map((row) => groupSums(row, of, counts.length)); // [seeds][groups]
  const sums = counts.map((_, g) => bySeed.reduce((sum, seed) => sum + seed[g]!, 0) / rows.length); // of the means over seeds
  const { value, error, degrees, means, seedError, kept } = components(bySeed, sums, counts);
  const ownScale = (deviation: number, student: number): number => value + deviation + seedError * student;
  const draws = (moved = ownScale): Float64Array => {
    const random = new Random(seed), drawn = new Int32Array(counts.length);
    return Float64Array.from({ length: resamples }, () => {
      random.integers(counts.length, drawn);
      let sum = 0, count = 0;
      for (let i = 0; i < drawn.length; i++) {
        const g = drawn[i]!;
        sum += sums[g]!;
        count += counts[g]!;
      }
      if (rows.length === 1) return sum / count;
      return moved(kept * (sum / count - value), drawStudent(random, rows.length - 1));
    }).sort();
  };
  const nonzero = sums.filter((sum) => sum !== 0).length;
  return { value, error, degrees, draws, means, groups: counts.length, nonzero };
}

/** Splits the variance of the mean into the seeds' part and the groups'; degrees of freedom by Satterthwaite. */
function components(bySeed: readonly Float64Array[], sums: Float64Array, counts: Float64Array): Estimate & {
  /** The mean of each seed. */
  means: number[];
  /** Standard error of the mean over seeds, on these groups. */
  seedError: number;
  /** How much of the groups' deviations is not noise of single queries. */
  kept: number;
} {
  const [seeds, groups] = [bySeed.length, counts.length];
  const total = (part: Float64Array): number => part.reduce((sum, one) => sum + one, 0);
  const count = total(counts);
  const meanOf = (part: Float64Array): number => total(part) / count;
  const value = meanOf(sums);
  const [means, scale] = [bySeed.map(meanOf), groups / count];
  let [ofGroups, ofNoise] = [0, 0];
  for (let g = 0; g < groups; g++) {
    const deviation = scale * (sums[g]! - value * counts[g]!);
    ofGroups += deviation ** 2;
    for (let s = 0; s < seeds; s++) {
      ofNoise += (scale * (bySeed[s]![g]! - means[s]! * counts[g]!) - deviation) ** 2;
    }
  }
  const groupVariance = ofGroups / (groups - 1) / groups;
  if (seeds === 1) {
    return { value, error: Math.sqrt(groupVariance), degrees: groups - 1, means, seedError: 0, kept: 1 };
  }
  const noise = ofNoise / (groups - 1) / (seeds - 1) / groups / seeds;
  const seedVariance = means.reduce((sum, mean) => sum + (mean - value) ** 2, 0) / (seeds - 1) / seeds;
  const share = groupVariance > 0 ? Math.max(0, 1 - noise / groupVariance) : 0;
  const variance = seedVariance + share * groupVariance, atMost = Math.max(groupVariance, noise);
  if (!(variance > 1e-12 * atMost)) { // the seeds agree by chance: their means say nothing about the noise
    return {
      value,
      error: Math.sqrt(atMost),
      degrees: groups - 1,
      means,
      seedError: Math.sqrt(atMost - groupVariance),
      kept: 1,
    };
  }
  const degrees = variance ** 2 /
    (seedVariance ** 2 / (seeds - 1) + (share * groupVariance) ** 2 / (groups - 1));
  return {
    value,
    error: Math.sqrt(variance),
    degrees,
    means,
    seedError: Math.sqrt(seedVariance),
    kept: Math.sqrt(share),
  };
}

function drawStudent(random: Random, degrees: number): number {
  let squares = 0;
  for (let i = 0; i < degrees; i++) squares += random.normal() ** 2;
  return random.normal() / Math.sqrt(squares / degrees);
}

/** Numbers the groups in the order of their first values: the group of each value, and how many values each has. */
function groupsOf(length: number, groups: BootstrapOptions["groups"]): { of: Int32Array; counts: Float64Array } {
  if (groups === undefined) {
    return { of: Int32Array.from({ length }, (_, i) => i), counts: new Float64Array(length).fill(1) };
  }
  if (groups.length !== length) {
    throw new RangeError(
      `Cannot bootstrap ${length} values with ${groups.length} groups: expected a group for each value`,
    );
  }
  const numbers = new Map<number | string, number>();
  const of = Int32Array.from({ length }, (_, i) => {
    const known = numbers.get(groups[i]!) ?? numbers.size;
    numbers.set(groups[i]!, known);
    return known;
  });
  return { of, counts: groupSums(of.map(() => 1), of, numbers.size) };
}

/** The sum of the values of each group. */
function groupSums(values: ArrayLike<number>, of: Int32Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < of.length; i++) sums[of[i]!]! += values[i]!;
  return sums;
}

/**
 * Pairs the values of two models by query and by seed. A model with a single list, as one that is not trained, is paired with
 * each seed of the other.
 */
function differences(a: BySeed, b: BySeed): number[][] {
  if (a.length !== b.length && a.length !== 1 && b.length !== 1) {
    throw new RangeError(`Cannot pair ${a.length} seeds with ${b.length}: expected equal numbers, or 1`);
  }
  return Array.from({ length: Math.max(a.length, b.length) }, (_, seed) => {
    const [here, there] = [a[a.length === 1 ? 0 : seed]!, b[b.length === 1 ? 0 : seed]!];
    if (here.length !== there.length) {
      throw new RangeError(`Cannot pair ${here.length} values with ${there.length}: expected equal numbers`);
    }
    return Array.from(here, (value, i) => value - there[i]!);
  });
}

/** With fewer groups, or fewer of them that hit, miss or differ, the percentiles of a bootstrap are too narrow. */
const FEW = { groups: 50, nonzero: 10 };

/** A difference of means. */
export interface TestedDifference {
  difference: number;
  interval: Interval;
  /** Two-sided p of no difference. */
  p: number;
}

/**
 * Compares two models on the same queries: the mean difference `a - b` of paired values from -100 to 100, such as hits, its
 * 95 % interval and the two-sided p-value, by bootstrap over groups of queries and over seeds. p is twice the smaller share
 * of resampled differences that are at most 0 or at least 0. One is added to both counts of a share, so that p is never 0.
 *
 * With fewer than 50 groups, or fewer than ten that differ, interval and p are those of Student's t. If all differ alike, the
 * interval is Wilson's.
 *
 * @returns NaN throughout without values
 * @throws {RangeError} if the lengths or the numbers of seeds differ, or an option is out of range.
 */
export function bootstrapTest(a: BySeed, b: BySeed, options: BootstrapOptions = {}): TestedDifference {
  const found = resample(differences(a, b), options);
  const { value, error, degrees, groups } = found;
  if (groups === 0) return { difference: NaN, interval: [NaN, NaN], p: NaN };
  if (!(error > 0)) { // p is that of a sign test
    return {
      difference: value,
      interval: spreadOut([value, value], groups, true),
      p: value === 0 ? 1 : Math.min(1, 2 ** (1 - groups)),
    };
  }
  if (groups < FEW.groups || found.nonzero < FEW.nonzero) {
    const [low, high] = studentInterval(found, options.confidence);
    return {
      difference: value,
      interval: [Math.max(-100, low), Math.min(100, high)],
      p: studentTails(value / error, degrees),
    };
  }
  const means = found.draws();
  const share = (far: (mean: number) => boolean): number => (1 + means.filter(far).length) / (1 + means.length);
  const p = Math.min(1, 2 * Math.min(share((mean) => mean <= 1e-12), share((mean) => mean >= -1e-12)));
  return { difference: value, interval: percentiles(means, options), p };
}

/**
 * Computes the interval of a recall at K, in percent. Queries of rank 0 are ignored.
 *
 * @param ranks the rank of each query, from 1
 */
export function recallInterval(ranks: ArrayLike<number>, k: number, options: BootstrapOptions = {}): Interval {
  const groups = options.groups && Array.from(options.groups).filter((_, query) => ranks[query]! > 0);
  return hitsInterval([hitsAt(ranks, k)], { ...options, groups });
}

/**
 * Computes the interval of the mean of hits from 0 to 100, by bootstrap over groups of queries and over seeds. That of several
 * seeds is on the log odds: seeds that differ much are not spread evenly around their mean. With fewer than 50 groups, or near
 * 0 and 100, where fewer than ten hit or miss, it is that of Student's t on the log odds; where no group differs, Wilson's.
 */
export function hitsInterval(rows: BySeed, options: BootstrapOptions = {}): Interval {
  const found = resample(rows, options);
  const { value, error, degrees, groups } = found;
  const fewest = Math.min(value, 100 - value) / 100 * groups; // as many groups hit, or miss, at least
  const isMany = groups >= FEW.groups && fewest >= FEW.nonzero && error > 0;
  const [low, high] = groups === 0 || isMany
    ? percentiles(rows.length > 1 ? drawsOnLogOdds(found) : found.draws(), options)
    : shareInterval({ value: value / 100, error: error / 100, degrees }, groups, options.confidence)
      .map((end) => 100 * end) as Interval;
  return [Math.max(0, low), Math.min(100, high)];
}

/** Student's distribution with so many degrees of freedom is as good as normal. */
const MANY_DEGREES = 100;

/** Computes the median; NaN without values. */
export function median(values: ArrayLike<number>): number {
  return values.length === 0 ? NaN : quantile(Float64Array.from(values).sort(), 0.5);
}

/**
 * Computes the interval of the mean over seeds of the medians of all queries. Groups of queries are drawn together for all seeds;
 * the seeds' part is Student's, with degrees of freedom by Satterthwaite. The noise of single queries counts in both parts, so
 * the interval is rather too wide.
 */
export function medianInterval(rows: BySeed, options: BootstrapOptions = {}): Interval {
  const { resamples = 2000, seed = 0, groups } = options;
  const queries = rows[0]?.length ?? 0;
  if (queries === 0) return [NaN, NaN];
  const { of, counts: sizes } = groupsOf(queries, groups);
  const medians = rows.map(median), value = medians.reduce((sum, one) => sum + one, 0) / rows.length;
  const spread = medians.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const seedError = rows.length === 1 ? 0 : Math.sqrt(spread / (rows.length - 1) / rows.length);
  const levels = [...new Set(rows.flatMap((row) => Array.from(row)))].sort((a, b) => a - b);
  const levelOf = new Map(levels.map((level, index) => [level, index]));
  const starts = new Int32Array(sizes.length + 1); // where the values of each group start, group by group
  sizes.forEach((size, g) => starts[g + 1] = starts[g]! + size);
  const places = rows.map((row) => {
    const next = starts.slice(), byGroup = new Int32Array(queries);
    for (let i = 0; i < queries; i++) byGroup[next[of[i]!]!++] = levelOf.get(row[i]!)!;
    return byGroup;
  });
  const random = new Random(seed), counts = new Int32Array(levels.length), drawn = new Int32Array(sizes.length);
  const means = Float64Array.from({ length: resamples }, () => {
    random.integers(sizes.length, drawn);
    const middle = drawn.reduce((count, g) => count + sizes[g]!, 0) / 2;
    let sum = 0;
    for (const own of places) {
      counts.fill(0);
      for (let i = 0; i < drawn.length; i++) {
        const g = drawn[i]!;
        for (let at = starts[g]!; at < starts[g + 1]!; at++) counts[own[at]!]!++;
      }
      sum += (levels[levelAt(counts, Math.ceil(middle))]! + levels[levelAt(counts, Math.floor(middle) + 1)]!) / 2;
    }
    return sum / rows.length;
  });
  if (seedError > 0) {
    const both = sampleDeviation([...means]) ** 2 + seedError ** 2;
    const degrees = Math.min(MANY_DEGREES, Math.round(both ** 2 / seedError ** 4 * (rows.length - 1)));
    for (let i = 0; i < means.length; i++) means[i]! += seedError * drawStudent(random, degrees);
  }
  const [low, high] = percentiles(means.sort(), options);
  return [Math.max(levels[0]!, low), Math.min(levels.at(-1)!, high)];
}

/** The index at which the running sum of counts reaches a place, from 1. */
function levelAt(counts: Int32Array, place: number): number {
  let level = 0;
  for (let sum = counts[0]!; sum < place; sum += counts[level]!) level++;
  return level;
}

/** Draws means over seeds in percent whose deviations are added on the log odds. */
function drawsOnLogOdds({ value, means, groups, draws }: Resampled): Float64Array {
  const least = 0.5 / groups, share = value / 100;
  const logOdds = (share: number): number => Math.log(share / (1 - share));
  const bySeed = means.map((mean) => logOdds(Math.min(1 - least, Math.max(least, mean / 100))));
  const seedError = sampleDeviation(bySeed) / Math.sqrt(bySeed.length);
  const slope = 1 / (100 * share * (1 - share));
  return draws((deviation, student) =>
    100 / (1 + Math.exp(-(logOdds(share) + slope * deviation + seedError * student)))
  );
}

/**
 * The interval in percent or, if it has no width, Wilson's of a share among `count`.
 *
 * @param signed whether it is of a difference: if none differs, it reaches equally far to both sides
 */
export function spreadOut([low, high]: readonly [number, number], count: number, signed = false): Interval {
  if (low !== high || count === 0) return [low, high];
  const [from, to] = wilsonInterval(Math.abs(low) / 100, count).map((end) => 100 * end) as Interval;
  if (signed && low <= 0) return low === 0 ? [-to, to] : [-to, -from];
  return [from, to];
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
