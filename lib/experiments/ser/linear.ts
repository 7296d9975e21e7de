/**
 * The linear classifier, the majority baseline, and the features of the log-mel baseline.
 */
import { HOP, logMel } from "../../audio/log_mel.ts";
import { type FeatureRows, fitLinearClassifier } from "../../metrics/linear_classifier.ts";
import { type Fold, type Protocol, speakerFolds } from "./folds.ts";
import type { SerClip, SerRow } from "./results.ts";

/** Predictions for the test clips, fold by fold, and the penalty of each fold. */
type LinearAnswers = Pick<SerRow, "predictions" | "l2" | "chosenBy">;

/** Predicts the most frequent emotion of a fold's train clips for every test clip; ties go to the first by name. */
export function majority(clips: readonly SerClip[], { folds }: Protocol): LinearAnswers {
  const predictions = folds.flatMap(({ train, test }) => {
    const counts = Map.groupBy(train, (item) => clips[item]!.emotion);
    const names = [...counts.keys()].sort();
    const emotion = names.reduce((best, name) => counts.get(name)!.length > counts.get(best)!.length ? name : best);
    return test.map((item) => ({ id: clips[item]!.id, emotion }));
  });
  return { predictions, l2: null, chosenBy: null };
}

/**
 * Fits softmax regression in each fold. {@link chooseL2} chooses the penalty.
 *
 * @param rows the features of each clip
 * @param options.choices the penalties that are tried
 */
export async function linearProbe(
  rows: FeatureRows,
  clips: readonly SerClip[],
  { folds }: Protocol,
  { onFold = () => {}, choices }: { onFold?: (fold: number) => void; choices?: readonly number[] | undefined } = {},
): Promise<LinearAnswers> {
  const predictions: LinearAnswers["predictions"] = [];
  const penalties: number[] = [], chosenBy: number[] = [];
  for (const [number, { train, test }] of folds.entries()) {
    const features = train.map((item) => rows[item]!);
    const labels = train.map((item) => clips[item]!.emotion);
    const { l2, tried } = chooseL2(features, labels, train.map((item) => clips[item]!.speaker), choices);
    const predicted = fitLinearClassifier(features, labels, { l2 }).predict(test.map((item) => rows[item]!));
    predictions.push(...test.map((item, i) => ({ id: clips[item]!.id, emotion: predicted[i]! })));
    penalties.push(l2);
    chosenBy.push(...tried.flatMap((one) => one.l2 === l2 ? one.accuracy : []));
    onFold(number + 1);
    await new Promise((done) => setTimeout(done)); // lets Ctrl-C through
  }
  return { predictions, l2: penalties, chosenBy: chosenBy.length < folds.length ? null : chosenBy };
}

const L2_CHOICES: readonly number[] = [1, 10, 100, 300, 1000, 3000];

/** The penalties for the 2 Z columns of states, more than there are clips: weaker ones only take longer. */
export const STATES_L2: readonly number[] = [100, 300, 1000];

/** Folds over the train speakers. */
const FOLDS = 3;

/** A penalty, and the accuracy of each one that was tried. */
type L2Choice = { l2: number; tried: { l2: number; accuracy: number }[] };

/**
 * Chooses the penalty by cross-validation over the speakers of train items; ties go to the strongest. With a single speaker,
 * or if a fold would lack a class, it is 10 and none is tried.
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
  const correctIn = ({ train, test }: Fold, l2: number): number => {
    const classifier = fitLinearClassifier(train.map((i) => rows[i]!), train.map((i) => labels[i]!), { l2 });
    const predicted = classifier.predict(test.map((i) => rows[i]!));
    return test.filter((item, i) => predicted[i] === labels[item]).length;
  };
  const tried = choices.map((l2) => ({
    l2,
    accuracy: folds.reduce((sum, fold) => sum + correctIn(fold, l2), 0) / labels.length,
  }));
  const best = tried.reduce((best, next) => next.accuracy >= best.accuracy ? next : best);
  return { l2: best.l2, tried };
}

/**
 * Mean and deviation over time of each value of each layer's states.
 *
 * @param states `[frames * layers * Z]`
 * @returns for each layer `[2 Z]`
 */
export function stateStatistics(
  states: Float32Array,
  { width, layers }: { width: number; layers: number },
): Float64Array[] {
  const frames = states.length / width, z = width / layers;
  const sums = new Float64Array(width), squares = new Float64Array(width);
  for (let at = 0; at < states.length; at += width) {
    for (let i = 0; i < width; i++) {
      sums[i]! += states[at + i]!;
      squares[i]! += states[at + i]! ** 2;
    }
  }
  const mean = sums.map((sum) => sum / frames);
  const deviation = squares.map((square, i) => Math.sqrt(Math.max(0, square / frames - mean[i]! ** 2)));
  return Array.from(
    { length: layers },
    (_, layer) => Float64Array.from([mean, deviation].flatMap((of) => [...of.subarray(layer * z, (layer + 1) * z)])),
  );
}

const BANDS = 80;

/**
 * Computes the baseline's features: mean, deviation, maximum and minimum over time of each band of the log-mel spectrogram.
 *
 * @param samples `[N]`, 16 kHz mono
 * @returns `[80 * 4]`, band by band
 */
export function logMelStatistics(samples: Float32Array): Float64Array {
  const frames = Math.max(2, Math.ceil(samples.length / HOP));
  const mels = logMel(samples, { frames, bands: BANDS }); // [80 * frames], band by band
  const row = new Float64Array(4 * BANDS);
  for (let band = 0; band < BANDS; band++) {
    const values = mels.subarray(band * frames, (band + 1) * frames);
    const mean = values.reduce((sum, value) => sum + value, 0) / frames;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / frames;
    row.set([mean, Math.sqrt(variance), Math.max(...values), Math.min(...values)], 4 * band);
  }
  return row;
}
