/**
 * Word errors of each recording against whether its image is found (paper, section 5): samples, rates, logistic regression.
 */
import { InputError } from "../errors.ts";
import { hitsInterval, type Interval, quantile, spreadOut } from "../metrics/bootstrap.ts";
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
import { NORMALISERS, type WerFinding, type WerModelSettings } from "./wer.ts";

/** The texts of a recording and the rank of its image among all images. */
export interface RankedTranscript {
  /** The recording's id. */
  id: string;
  /** The written caption; blank if there is none. */
  reference: string;
  /** Whisper's transcript. */
  transcript: string;
  /** Rank of its image, from 1. */
  rank: number;
  /** Its image, by which errors are clustered. By default recordings count as independent. */
  imageId?: string | undefined;
}

/** A recording with its word errors under each normalizer. */
export interface WerSample extends RankedTranscript {
  /** In lower case; punctuation is a part of its word. */
  raw: WordErrors;
  /** Under the English normalizer. */
  english: WordErrors;
}

/**
 * Counts the word errors of each recording. Recordings without a written caption are skipped.
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

/** Word errors over all recordings. */
export interface CorpusErrors {
  /** Words of the references. */
  words: number;
  /** Words that replace another one. */
  substitutions: number;
  /** Words that are missing. */
  deletions: number;
  /** Extra words. */
  insertions: number;
  /** All errors over all words. */
  wer: number;
  /** Bootstrap interval of 95 % over images, each with all of its recordings. */
  wer95: [low: number, high: number];
  /** Recordings without an error. */
  perfect: number;
}

const RESAMPLES = 2000;

/**
 * Relates word errors to recall.
 *
 * @throws {RangeError} if K is not a positive whole number, or no recording has a word in its caption.
 */
export function analyseWer(
  samples: readonly WerSample[],
  { k = 5, normalisers = NORMALISERS, seed = 0 }: Partial<Pick<WerModelSettings, "k" | "normalisers" | "seed">> = {},
): (WerFinding & { corpus: CorpusErrors })[] {
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new RangeError(`Cannot compare with recall as 'k' must be a positive whole number: it is ${k}`);
  }
  return normalisers.map((normaliser) => {
    const used = samples.filter((sample) => sample[normaliser].words > 0);
    const errors = used.map((sample) => sample[normaliser]);
    const hit = used.map(({ rank }) => rank <= k ? 1 : 0);
    const wer = errors.map(({ wer }) => wer);
    const images = used.map(({ imageId, id }) => imageId ?? id);
    return {
      normaliser,
      recordings: used.length,
      hits: hit.filter((value) => value === 1).length,
      withoutWords: samples.length - used.length,
      corpus: corpusErrors(errors, { seed, images }),
      ...werRegression({ wer, hit, words: errors.map(({ words }) => words), images }),
      points: { wer, hit },
    };
  });
}

/**
 * Sums word errors.
 *
 * @param options.images the image of each recording; the interval resamples images, each with all of its recordings. By default
 * it resamples recordings.
 */
export function corpusErrors(
  errors: readonly WordErrors[],
  { seed = 0, images }: { seed?: number; images?: readonly string[] } = {},
): CorpusErrors {
  const sum = (of: (one: WordErrors) => number, rows = errors) => rows.reduce((total, one) => total + of(one), 0);
  const groups = [...Map.groupBy(errors.keys(), (row) => images?.[row] ?? row).values()].map((rows) => {
    const own = rows.map((row) => errors[row]!);
    return { wrong: sum(({ errors }) => errors, own), words: sum(({ words }) => words, own) };
  });
  const random = new Random(seed);
  const resampled = Float64Array.from({ length: RESAMPLES }, () => {
    let wrong = 0, words = 0;
    for (let i = 0; i < groups.length; i++) {
      const one = groups[random.integer(groups.length)]!;
      wrong += one.wrong;
      words += one.words;
    }
    return wrong / words;
  }).sort();
  const wer = corpusWer(errors);
  const [low, high] = [quantile(resampled, 0.025), quantile(resampled, 0.975)];
  // Without any spread, as where no word is wrong, Wilson's interval; more errors than words have no upper end.
  const [from, to] = spreadOut([Math.min(100, 100 * low), Math.min(100, 100 * high)], groups.length);
  return {
    words: sum(({ words }) => words),
    substitutions: sum(({ substitutions }) => substitutions),
    deletions: sum(({ deletions }) => deletions),
    insertions: sum(({ insertions }) => insertions),
    wer,
    wer95: high - low > 1e-12 ? [low, high] : [from / 100, Math.max(wer, to / 100)],
    perfect: errors.filter(({ errors }) => errors === 0).length,
  };
}

/** One value per recording. */
export interface WerRows {
  /** Word error rates; 1 means as many errors as words. */
  wer: readonly number[];
  /** 1 if the image is among the first K, else 0. */
  hit: readonly number[];
  /** Words of each reference, if known. */
  words?: readonly number[] | undefined;
  /** The image of each recording, if known: errors of the regression are then clustered by image. */
  images?: readonly string[] | undefined;
}

/** A regression, or a sentence that says why there is none. */
export type Fitted =
  | { fitted: true; fit: LogisticFit; oddsRatioPer10Points: number }
  | { fitted: false; reason: string };

/** The recordings with a word error rate in a bin. */
export interface WerBin {
  /** Lower end, not part of the bin, except in the bin of recordings without an error. */
  from: number;
  /** Upper end, part of the bin; null for the last bin. */
  to: number | null;
  /** Recordings in it. */
  count: number;
  /** Recordings whose image is among the first K. */
  hits: number;
  /** Share of hits. */
  recall: number;
  /** 95 % interval of that share: clustered by image where images are known, else Wilson's. */
  recall95: [low: number, high: number];
}

/** The results of the regression. */
export interface WerRegression {
  /** `P(hit) = 1 / (1 + exp(-(intercept + wer * WER)))`. */
  regression: Fitted;
  /** Its probability at some rates, with a band of 95 %; absent without a fit. */
  curve?: LogisticCurve | undefined;
  /**
   * Observed and predicted shares: recordings without an error in one bin, the others in bins of equal counts; absent
   * without a fit.
   */
  calibration?: CalibrationBin[] | undefined;
  /** The same with the reference's length in words as a second column; absent if lengths are unknown. */
  withLength?: Fitted | undefined;
  /** Recall by fixed bins of the word error rate; empty bins are skipped. */
  bins: WerBin[];
}

/** Upper ends of the bins, the first being recordings without an error. */
export const WER_EDGES: readonly number[] = [0, 0.1, 0.2, 0.3, 0.5, 1, Infinity];
/** Bins of the calibration for recordings with an error. */
const BINS = 9;
const POINTS = 101;

/**
 * Regresses whether the image is found on the word error rate. If that is impossible (the rate is constant, every row is a
 * hit, or a threshold separates hits from misses), the result has the reason instead, and everything else.
 *
 * @throws {RangeError} if there are no rows, or lengths differ.
 *
 * @example
 * ```ts
 * import { werRegression } from "./wer_analysis.ts";
 * const { regression, bins } = werRegression({ wer: [0, 0, 0.4, 0.4], hit: [1, 1, 0, 0] });
 * if (regression.fitted || !regression.reason.includes("separates")) throw new Error("expected separation");
 * if (bins.map(({ recall }) => recall).join() !== "1,0") throw new Error("wrong recall");
 * ```
 */
export function werRegression({ wer, hit, words, images }: WerRows): WerRegression {
  if (wer.length === 0 || hit.length !== wer.length || (words !== undefined && words.length !== wer.length)) {
    throw new RangeError(
      `Cannot compare ${wer.length} word error rates with ${hit.length} hits: expected equal numbers, at least 1`,
    );
  }
  const regression = tryFit({ wer }, hit, images);
  const withLength = words && { withLength: tryFit({ wer, words }, hit, images) };
  const bins = recallBins(wer, hit, images);
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

function tryFit(
  columns: Readonly<Record<string, readonly number[]>>,
  hit: readonly number[],
  images: WerRows["images"],
): Fitted {
  try {
    const fit = logisticRegression(columns, hit, images);
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

function recallBins(wer: readonly number[], hit: readonly number[], images: WerRows["images"]): WerBin[] {
  return WER_EDGES.flatMap((to, i) => {
    const from = WER_EDGES[i - 1] ?? -Infinity;
    const rows = [...hit.keys()].filter((row) => wer[row]! > from && wer[row]! <= to);
    const inside = rows.map((row) => hit[row]!);
    if (inside.length === 0) return [];
    const hits = inside.reduce((sum, value) => sum + value, 0), recall = hits / inside.length;
    return [{
      from: Math.max(0, from),
      to: Number.isFinite(to) ? to : null,
      count: inside.length,
      hits,
      recall,
      recall95: images === undefined
        ? wilsonInterval(recall, inside.length)
        : hitsInterval([inside.map((hit) => 100 * hit)], { groups: rows.map((row) => images[row]!) })
          .map((end) => end / 100) as Interval,
    }];
  });
}
