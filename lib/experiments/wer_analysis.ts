/**
 * Word errors of each recording against whether its image is found (paper, section 5): samples, rates, logistic regression.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { quantile } from "../metrics/bootstrap.ts";
import { type CalibrationBin, calibrationBins } from "../metrics/calibration.ts";
import {
  type LogisticCurve,
  logisticCurve,
  type LogisticFit,
  logisticRegression,
} from "../metrics/logistic_regression.ts";
import { wilsonInterval } from "../metrics/distributions.ts";
import { Random } from "../random.ts";
import { normalizeEnglish } from "../text/english.ts";
import { normalize } from "../text/normalize.ts";
import { corpusWer, type WordErrors, wordErrors } from "../text/word_errors.ts";
import { type Normaliser, NORMALISERS } from "./wer.ts";

/** The texts of a recording and the place of its picture among all pictures. */
export interface RankedTranscript {
  /** The recording's id. */
  id: string;
  /** The written caption; blank where there is none. */
  reference: string;
  /** What was heard. */
  transcript: string;
  /** Place of its picture, from 1 on. */
  rank: number;
}

/** A recording with its word errors under every normaliser. */
export interface WerSample extends RankedTranscript {
  /** Lower-case text, punctuation being part of its word. */
  raw: WordErrors;
  /** English normaliser. */
  english: WordErrors;
}

/**
 * Counts the word errors of each recording. Those without a written caption are left out.
 *
 * @example
 * ```ts
 * import { werSamples } from "./wer_analysis.ts";
 * const { samples, withoutCaption } = werSamples([
 *   { id: "a", reference: "Two dogs.", transcript: "2 dogs", rank: 1 },
 *   { id: "b", reference: " ", transcript: "a cat", rank: 3 },
 * ]);
 * if (samples[0]!.raw.wer !== 1 || samples[0]!.english.wer !== 0 || withoutCaption !== 1) throw new Error("wrong");
 * ```
 */
export function werSamples(texts: readonly RankedTranscript[]): { samples: WerSample[]; withoutCaption: number } {
  const written = texts.filter(({ reference }) => reference.trim() !== "");
  const samples = written.map((text) => {
    const under = (form: (text: string) => string) => wordErrors(form(text.reference), form(text.transcript));
    return { ...text, raw: under(normalize), english: under(normalizeEnglish) };
  });
  return { samples, withoutCaption: texts.length - written.length };
}

/** The word errors of all recordings together. */
export interface CorpusErrors {
  /** Words of the references. */
  words: number;
  /** Words that stand for another one. */
  substitutions: number;
  /** Words that are missing. */
  deletions: number;
  /** Words that are too many. */
  insertions: number;
  /** All errors over all words. */
  wer: number;
  /** Bootstrap interval of 95 % over recordings. */
  wer95: [low: number, high: number];
  /** Recordings without an error. */
  perfect: number;
}

/** What one normaliser finds. */
export interface WerFindings extends WerRegression {
  /** The normaliser. */
  normaliser: Normaliser;
  /** Recordings that are compared. */
  recordings: number;
  /** Those whose picture is among the first K. */
  hits: number;
  /** Recordings left out as nothing of their caption is left by the normaliser. */
  withoutWords: number;
  /** All recordings together. */
  corpus: CorpusErrors;
  /** The rate and the hit of each recording that is compared, for figures. */
  points: { wer: number[]; hit: number[] };
}

/** Options of {@link analyseWer}. */
export interface WerOptions {
  /** A hit is a picture among the first so many. Default 5. */
  k?: number;
  /** The normalisers. Default both. */
  normalisers?: readonly Normaliser[];
  /** Seed of the bootstrap. Default 0. */
  seed?: number;
}

const RESAMPLES = 2000;

/**
 * Relates word errors to recall.
 *
 * @throws {RangeError} where K is no positive whole number, or no recording has a word in its caption.
 */
export function analyseWer(samples: readonly WerSample[], options: WerOptions = {}): WerFindings[] {
  const { k = 5, normalisers = NORMALISERS, seed = 0 } = options;
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new RangeError(`Cannot compare with recall as 'k' must be a positive whole number: it is ${k}`);
  }
  return normalisers.map((normaliser) => {
    const used = samples.filter((sample) => sample[normaliser].words > 0);
    const errors = used.map((sample) => sample[normaliser]);
    const hit = used.map(({ rank }) => rank <= k ? 1 : 0);
    const wer = errors.map(({ wer }) => wer);
    return {
      normaliser,
      recordings: used.length,
      hits: hit.filter((value) => value === 1).length,
      withoutWords: samples.length - used.length,
      corpus: corpusErrors(errors, seed),
      ...werRegression({ wer, hit, words: errors.map(({ words }) => words) }),
      points: { wer, hit },
    };
  });
}

/** Sums word errors; the interval is by resampling recordings. */
export function corpusErrors(errors: readonly WordErrors[], seed = 0): CorpusErrors {
  const sum = (of: (one: WordErrors) => number) => errors.reduce((total, one) => total + of(one), 0);
  const random = new Random(seed);
  const resampled = Float64Array.from({ length: RESAMPLES }, () => {
    let wrong = 0, words = 0;
    for (let i = 0; i < errors.length; i++) {
      const one = errors[random.integer(errors.length)]!;
      wrong += one.errors;
      words += one.words;
    }
    return wrong / words;
  }).sort();
  return {
    words: sum(({ words }) => words),
    substitutions: sum(({ substitutions }) => substitutions),
    deletions: sum(({ deletions }) => deletions),
    insertions: sum(({ insertions }) => insertions),
    wer: corpusWer(errors),
    wer95: [quantile(resampled, 0.025), quantile(resampled, 0.975)],
    perfect: errors.filter(({ errors }) => errors === 0).length,
  };
}

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
 * import { werRegression } from "./wer_analysis.ts";
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
