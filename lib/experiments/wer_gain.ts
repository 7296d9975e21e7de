/**
 * What one model gains over another by how wrong the transcript is: paired differences of recall over the word error rate.
 */
import {
  type BootstrapOptions,
  bootstrapTest,
  hitsAt,
  type Interval,
  quantile,
  type TestedDifference,
} from "../metrics/bootstrap.ts";
import { sampleDeviation } from "../metrics/distributions.ts";
import type { TrialRow } from "./results.ts";
import { WER_EDGES } from "./wer_analysis.ts";

/** Differences of R@K in points, with 95 % intervals over images and seeds. */
export interface WerGain {
  k: number;
  /** Recordings with a written caption. */
  recordings: number;
  /** Means in bins of the rate. */
  bins: { from: number; to: number | null; count: number; meanWer: number; points: number; interval: Interval }[];
  /** The local mean, with the interval at each rate. */
  curve: { wer: number[]; points: number[]; low95: number[]; high95: number[] };
  /** Deviation of the Gaussian weights of the local mean. */
  bandwidth: number;
  /** How much the difference grows with each 10 points of the rate, by least squares. */
  slope: TestedDifference;
}

/** Points of the curve, between these quantiles of the rates. */
const [POINTS, FROM, TO] = [25, 0.05, 0.95];

/**
 * Computes a model's gain over another by the word error rate of the recording, from speech to image. A rate above 1 counts as 1.
 *
 * The local means and the slope are means of one value for each recording: its share in them, to first order. So they have the
 * same two-level intervals as any mean.
 *
 * @param rows one for each seed
 * @param wer the rate of each recording; null without a caption
 * @param options of the bootstrap
 * @returns undefined if the rates do not differ
 * @throws {RangeError} if the models have different numbers of seeds or recordings.
 */
export function gainByWer(
  rows: readonly TrialRow[],
  against: readonly TrialRow[],
  wer: readonly (number | null)[],
  k: number,
  options: Pick<BootstrapOptions, "resamples" | "seed"> = {},
): WerGain | undefined {
  const used = [...wer.keys()].filter((recording) => wer[recording] !== null);
  const rates = used.map((recording) => Math.min(1, wer[recording]!));
  const sorted = rates.toSorted((a, b) => a - b);
  if (used.length === 0 || sorted[0] === sorted.at(-1)) return undefined;
  const images = used.map((recording) => rows[0]!.pictureOf[recording]!);
  const [here, there] = [rows, against].map((own) => own.map(({ ranks }) => hitsAt(ranks.speech2image, k)));
  const bySeed = here!.map((hits, seed) => {
    const others = there![there!.length === 1 ? 0 : seed]!;
    return used.map((recording) => hits[recording]! - others[recording]!);
  });
  /** Tests the mean of values that are computed from the differences of each seed. */
  const test = (
    valuesOf: (differences: number[]) => number[],
    groups: readonly number[] = images,
  ): TestedDifference => {
    const values = bySeed.map(valuesOf);
    return bootstrapTest(values, [values[0]!.map(() => 0)], { ...options, groups });
  };
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  const spread = Math.min(
    sampleDeviation(rates),
    (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.349 || Infinity,
  );
  const bandwidth = Math.max(0.03, 1.06 * spread * rates.length ** -0.2); // Silverman's rule
  const [low, high] = [quantile(sorted, FROM), quantile(sorted, TO)];
  const at = Array.from({ length: POINTS }, (_, i) => low + (high - low) * i / (POINTS - 1));
  const local = at.map((rate) => {
    const raw = rates.map((own) => Math.exp(-(((own - rate) / bandwidth) ** 2) / 2));
    const weights = raw.map((weight) => weight / mean(raw));
    return test((differences) => {
      const center = mean(differences.map((difference, i) => weights[i]! * difference));
      return differences.map((difference, i) => center + weights[i]! * (difference - center));
    });
  });

  const middle = mean(rates), variance = mean(rates.map((rate) => (rate - middle) ** 2));
  const slope = test((differences) => {
    const center = mean(differences);
    const steepness = mean(differences.map((difference, i) => difference * (rates[i]! - middle))) / variance;
    return differences.map((difference, i) => {
      const off = rates[i]! - middle;
      return 0.1 * (steepness + (difference - center - steepness * off) * off / variance);
    });
  });

  return {
    k,
    recordings: used.length,
    bins: WER_EDGES.flatMap((to, i) => {
      const from = WER_EDGES[i - 1] ?? -Infinity;
      const inside = [...used.keys()].filter((i) => wer[used[i]!]! > from && wer[used[i]!]! <= to);
      if (inside.length === 0) return [];
      const { difference: points, interval } = test(
        (differences) => inside.map((i) => differences[i]!),
        inside.map((i) => images[i]!),
      );
      const ends = { from: Math.max(0, from), to: Number.isFinite(to) ? to : null };
      return [{ ...ends, count: inside.length, meanWer: mean(inside.map((i) => rates[i]!)), points, interval }];
    }),
    curve: {
      wer: at,
      points: local.map(({ difference }) => difference),
      low95: local.map(({ interval: [low] }) => low),
      high95: local.map(({ interval: [, high] }) => high),
    },
    bandwidth,
    slope,
  };
}
