/**
 * From what was said of clips to a row of the table.
 *
 * @module
 */
import { accuracyByGroup, bootstrapGroups, classificationScores } from "../../metrics/classification.ts";
import type { SerClip, SerFigure, SerRow } from "./ser_results.ts";

/** What a system said, and what it is. */
export type Said = Pick<SerRow, "system" | "encoder" | "protocol" | "seed" | "l2" | "predictions">;

/**
 * Scores predictions: accuracy and unweighted average recall with 95 % intervals by bootstrap over speakers, confusion and
 * accuracy by speaker.
 *
 * @throws {RangeError} where a prediction is of no clip, or of an unknown mood, or there are none.
 */
export function scoreRow(said: Said, clips: readonly SerClip[], classes: readonly string[]): SerRow {
  const byId = new Map(clips.map((clip) => [clip.id, clip]));
  const judged = said.predictions.map(({ id }) => {
    const clip = byId.get(id);
    if (clip === undefined) throw new RangeError(`Cannot score as there is no clip '${id}'`);
    return clip;
  });
  const actual = judged.map(({ emotion }) => emotion);
  const predicted = said.predictions.map(({ emotion }) => emotion);
  const scored = classificationScores({ classes, actual, predicted });
  // A clip whose speaker is not named stands for itself.
  const speakers = judged.map(({ speaker, id }) => speaker === "" ? id : speaker);
  const figure = (of: "accuracy" | "unweightedAverageRecall"): SerFigure => ({
    value: scored[of],
    interval: bootstrapGroups(speakers, (items) =>
      classificationScores({
        classes,
        actual: items.map((item) => actual[item]!),
        predicted: items.map((item) => predicted[item]!),
      })[of]),
  });
  const { recall, confusion } = scored;
  return {
    ...said,
    accuracy: figure("accuracy"),
    unweightedAverageRecall: figure("unweightedAverageRecall"),
    recall: Object.fromEntries(
      Object.entries(recall).map(([name, value]) => [name, Number.isNaN(value) ? null : value]),
    ),
    confusion,
    bySpeaker: accuracyByGroup({ actual, predicted }, judged.map(({ speaker }) => speaker)),
  };
}
