/**
 * Whether word errors explain which recordings find their picture (paper, section 5).
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { type CalibrationBin, calibrationBins } from "../../metrics/calibration.ts";
import {
  type LogisticCurve,
  logisticCurve,
  type LogisticFit,
  logisticRegression,
} from "../../metrics/logistic_regression.ts";
import { wilsonInterval } from "../../metrics/distributions.ts";

/** Rows of one table: a word error rate and whether the picture was found; with lengths where they are known. */
export interface WerRows {
  /** Word error rate of each recording; 1 is as many errors as words. */
  wer: readonly number[];
  /** 1 where the picture is among the first K, else 0. */
  hit: readonly number[];
  /** Words of each reference. */
  words?: readonly number[] | undefined;
}

/** A regression, or in a sentence why there is none. */
export type Fitted =
  | { fitted: true; fit: LogisticFit; oddsRatioPer10Points: number }
  | { fitted: false; reason: string };

/** Recordings whose word error rate lies within a bin. */
export interface WerBin {
  /** Lower end; not part of the bin, but for the bin of recordings without an error. */
  from: number;
  /** Upper end, part of the bin; null where there is none. */
  to: number | null;
  /** Recordings in it. */
  count: number;
  /** Those whose picture is among the first K. */
  hits: number;
  /** Share of hits. */
  recall: number;
  /** Wilson interval of 95 % of that share. */
  recall95: [low: number, high: number];
}

/** What the regression says. */
export interface WerRegression {
  /** `P(hit) = 1 / (1 + exp(-(intercept + wer * WER)))`. */
  regression: Fitted;
  /** Its probability at some rates, with a band of 95 %; absent without a fit. */
  curve?: LogisticCurve | undefined;
  /**
   * Observed against predicted shares: recordings without an error in a bin of their own, the others in bins of equally
   * many; absent without a fit.
   */
  calibration?: CalibrationBin[] | undefined;
  /** The same with the reference's length in words as a second column; absent where lengths are not known. */
  withLength?: Fitted | undefined;
  /** Recall by fixed bins of the word error rate; bins without recordings are left out. */
  bins: WerBin[];
}

/** Upper ends of the bins, the first being recordings without an error. */
const EDGES = [0, 0.1, 0.2, 0.3, 0.5, 1, Infinity];
/** Bins of the calibration for recordings with an error. */
const BINS = 9;
/** Points of the curve. */
const POINTS = 101;

/**
 * Fits whether the picture is found on the word error rate. Where that is impossible (a rate that is the same everywhere,
 * hits only, a threshold that parts hits from misses), the reason stands in its place and the rest is there.
 *
 * @throws {RangeError} where there are no rows, or lengths differ.
 *
 * @example
 * ```ts
 * import { werRegression } from "./wer_regression.ts";
 * const { regression, bins } = werRegression({ wer: [0, 0, 0.4, 0.4], hit: [1, 1, 0, 0] });
 * if (regression.fitted || !regression.reason.includes("separates")) throw new Error("expected separation");
 * if (bins.map(({ recall }) => recall).join() !== "1,0") throw new Error("wrong recall");
 * ```
 */
export function werRegression({ wer, hit, words }: WerRows): WerRegression {
  if (wer.length === 0 || hit.length !== wer.length || (words !== undefined && words.length !== wer.length)) {
    throw new RangeError(
      `Cannot compare ${wer.length} word error rates with ${hit.length} hits: expected as many, at least 1`,
    );
  }
  const regression = tryFit({ wer }, hit);
  const withLength = words && { withLength: tryFit({ wer, words }, hit) };
  const bins = recallBins(wer, hit);
  if (!regression.fitted) return { regression, ...withLength, bins };
  const highest = wer.reduce((most, value) => Math.max(most, value), 0);
  const at = Array.from({ length: POINTS }, (_, i) => highest * i / (POINTS - 1));
  const predicted = logisticCurve(regression.fit, wer).probability;
  return {
    regression,
    curve: logisticCurve(regression.fit, at),
    calibration: calibrate(wer, hit, predicted),
    ...withLength,
    bins,
  };
}

function tryFit(columns: Readonly<Record<string, readonly number[]>>, hit: readonly number[]): Fitted {
  try {
    const fit = logisticRegression(columns, hit);
    return { fitted: true, fit, oddsRatioPer10Points: Math.exp(0.1 * fit.coefficients[1]!.estimate) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { fitted: false, reason: error.message };
  }
}

function calibrate(wer: readonly number[], hit: readonly number[], predicted: readonly number[]): CalibrationBin[] {
  return [true, false].flatMap((perfect) => {
    const rows = wer.flatMap((value, row) => (value === 0) === perfect ? [row] : []);
    if (rows.length === 0) return [];
    const of = (values: readonly number[]) => rows.map((row) => values[row]!);
    return calibrationBins(of(wer), of(hit), of(predicted), { bins: perfect ? 1 : BINS });
  });
}

function recallBins(wer: readonly number[], hit: readonly number[]): WerBin[] {
  return EDGES.flatMap((to, i) => {
    const from = EDGES[i - 1] ?? -Infinity;
    const inside = hit.filter((_, row) => wer[row]! > from && wer[row]! <= to);
    if (inside.length === 0) return [];
    const hits = inside.reduce((sum, value) => sum + value, 0), recall = hits / inside.length;
    return [{
      from: Math.max(0, from),
      to: Number.isFinite(to) ? to : null,
      count: inside.length,
      hits,
      recall,
      recall95: wilsonInterval(recall, inside.length),
    }];
  });
}
