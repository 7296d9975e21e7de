/**
 * Per-recording word error rate against per-recording recall, under both normalisers (paper, section 5).
 *
 * @module
 */
import { Random } from "../../random.ts";
import { quantile } from "../../metrics/bootstrap.ts";
import { corpusWer, type WordErrors } from "../../text/word_errors.ts";
import { type WerRegression, werRegression } from "./wer_regression.ts";
import { type Normaliser, NORMALISERS } from "./wer_results.ts";
import type { WerSample } from "./wer_samples.ts";

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
