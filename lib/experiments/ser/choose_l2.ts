/**
 * How strongly a linear classifier is held back, chosen without a look at the test speakers.
 *
 * @module
 */
import { type FeatureRows, fitLinearClassifier } from "../../metrics/linear_classifier.ts";
import { speakerFolds } from "./speaker_folds.ts";

/** The penalties among which is chosen. */
export const L2_CHOICES: readonly number[] = [1, 10, 100, 300, 1000, 3000];

/** Folds over the train speakers. */
const FOLDS = 3;

/** A penalty with the share of train items that are right under it. */
export interface L2Choice {
  /** Weight of the penalty. */
  l2: number;
  /** Accuracy by cross-validation over train speakers, for each of the penalties; empty where there was no choice. */
  tried: { l2: number; accuracy: number }[];
}

/**
 * Chooses the penalty by cross-validation over the speakers of the given items; of equals the strongest. With a single
 * speaker, or where a fold would lack a class, it is 10.
 *
 * @param rows features of train items only
 * @param labels the class of each
 * @param speakers the speaker of each
 * @param choices the penalties. Default {@link L2_CHOICES}.
 */
export function chooseL2(
  rows: FeatureRows,
  labels: readonly string[],
  speakers: readonly string[],
  choices: readonly number[] = L2_CHOICES,
): L2Choice {
  const fallback: L2Choice = { l2: 10, tried: [] };
  if (new Set(speakers).size < 2) return fallback;
  const classes = new Set(labels).size;
  const folds = speakerFolds(speakers, FOLDS);
  if (folds.some(({ train }) => new Set(train.map((item) => labels[item])).size < classes)) return fallback;
  const tried = choices.map((l2) => {
    let right = 0;
    for (const { train, test } of folds) {
      const classifier = fitLinearClassifier(train.map((i) => rows[i]!), train.map((i) => labels[i]!), { l2 });
      const said = classifier.predict(test.map((i) => rows[i]!));
      right += test.filter((item, place) => said[place] === labels[item]).length;
    }
    return { l2, accuracy: right / labels.length };
  });
  const best = tried.reduce((best, next) => next.accuracy >= best.accuracy ? next : best);
  return { l2: best.l2, tried };
}
