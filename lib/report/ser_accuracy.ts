/**
 * Accuracy of speech emotion recognition over seeds, and paired differences, from the predictions. Results of every version have
 * these, so intervals do not depend on the version.
 */
import type { SerClip, SerRow } from "../experiments/ser/results.ts";
import { bootstrapTest, hitsInterval, type Interval, type TestedDifference } from "../metrics/bootstrap.ts";
import { classificationScores, jackknifeInterval } from "../metrics/classification.ts";
import { sampleDeviation } from "../metrics/distributions.ts";

type Predicted = Pick<SerRow, "predictions" | "accuracy">;

/**
 * Computes a system's accuracy in percent, with its deviation over seeds and a 95 % interval over speakers and seeds.
 *
 * @param rows one for each seed
 */
export function meanAccuracy(
  rows: readonly Predicted[],
  clips: readonly SerClip[],
): { value: number; deviation: number; interval: Interval } {
  const { hits, speakers } = hitsOf(rows, clips);
  const accuracies = rows.map(({ accuracy }) => 100 * accuracy.value);
  const value = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / rows.length;
  return { value, deviation: sampleDeviation(accuracies), interval: hitsInterval(hits, { groups: speakers }) };
}

/** Computes a system's unweighted average recall in percent, as {@link meanAccuracy} does its accuracy. */
export function meanAverageRecall(
  rows: readonly Pick<SerRow, "predictions" | "unweightedAverageRecall">[],
  clips: readonly SerClip[],
): { value: number; deviation: number; interval: Interval } {
  const byId = new Map(clips.map((clip) => [clip.id, clip]));
  const used = rows[0]!.predictions.map(({ id }) => byId.get(id)!);
  const predicted = rows.map(({ predictions }) => new Map(predictions.map(({ id, emotion }) => [id, emotion])));
  const classes = [
    ...new Set([...clips.map(({ emotion }) => emotion), ...predicted.flatMap((own) => [...own.values()])]),
  ];
  const recall = (items: readonly number[], seed: number): number =>
    classificationScores({
      classes,
      actual: items.map((item) => used[item]!.emotion),
      predicted: items.map((item) => predicted[seed]!.get(used[item]!.id)!),
    }).unweightedAverageRecall;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const shares = rows.map(({ unweightedAverageRecall: { value } }) => value);
  const interval = jackknifeInterval(
    used.map(({ speaker, id }) => speaker === "" ? id : speaker),
    rows.map((_, seed) => (items: number[]) => recall(items, seed)),
  );
  return {
    value: 100 * mean(shares),
    deviation: 100 * sampleDeviation(shares),
    interval: [100 * interval[0], 100 * interval[1]],
  };
}

/**
 * Compares two systems on the same clips: one's accuracy minus the other's in points, with a 95 % interval over speakers and
 * seeds, and the p-value.
 *
 * @throws {RangeError} if they classified different clips.
 */
export function accuracyDifference(
  rows: readonly Predicted[],
  others: readonly Predicted[],
  clips: readonly SerClip[],
): TestedDifference {
  const ids = (row: Predicted): string => row.predictions.map(({ id }) => id).sort().join("\n");
  if (new Set([...rows, ...others].map(ids)).size !== 1) {
    throw new RangeError("Cannot compare accuracies as both systems must classify the same clips");
  }
  const { hits, speakers } = hitsOf(rows, clips);
  return bootstrapTest(hits, hitsOf(others, clips).hits, { groups: speakers });
}

/** For each row 100 or 0 by clip, in one order. A clip without a named speaker forms its own group. */
function hitsOf(rows: readonly Predicted[], clips: readonly SerClip[]): { hits: number[][]; speakers: string[] } {
  const tested = new Set(rows[0]!.predictions.map(({ id }) => id));
  const used = clips.filter(({ id }) => tested.has(id));
  const hits = rows.map(({ predictions }) => {
    const predicted = new Map(predictions.map(({ id, emotion }) => [id, emotion]));
    return used.map(({ id, emotion }) => predicted.get(id) === emotion ? 100 : 0);
  });
  return { hits, speakers: used.map(({ speaker, id }) => speaker === "" ? id : speaker) };
}
