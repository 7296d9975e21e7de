/**
 * How well classes are distinguished: accuracy, unweighted average recall, confusion matrix, by speaker.
 *
 * @module
 */
import { Random } from "../random.ts";
import { quantile } from "./bootstrap.ts";

/** What a classifier said about some items. */
export interface Classified {
  /** Names of the classes. */
  classes: readonly string[];
  /** The right class of each item. */
  actual: readonly string[];
  /** What was said of each item. */
  predicted: readonly string[];
}

/** Figures of a classifier, as shares of 1. */
export interface ClassificationScores {
  /** Share of items that are right. */
  accuracy: number;
  /** Mean of the classes' recalls, classes without items left out: chance is 1 / classes, however unequal they are. */
  unweightedAverageRecall: number;
  /** Recall of each class; NaN for one without items. */
  recall: Record<string, number>;
  /** `confusion[i][j]`: items of class i of which class j was said. */
  confusion: number[][];
}

/**
 * Scores a classifier.
 *
 * @throws {RangeError} where the lists differ in length, are empty, or hold an unknown class.
 *
 * @example
 * ```ts
 * import { classificationScores } from "./classification.ts";
 * const { accuracy, unweightedAverageRecall } = classificationScores({
 *   classes: ["neutral", "angry"],
 *   actual: ["neutral", "neutral", "neutral", "angry"],
 *   predicted: ["neutral", "neutral", "neutral", "neutral"],
 * });
 * if (accuracy !== 0.75 || unweightedAverageRecall !== 0.5) throw new Error("not 3 of 4, and 1 of 2 classes");
 * ```
 */
export function classificationScores({ classes, actual, predicted }: Classified): ClassificationScores {
  if (actual.length !== predicted.length || actual.length === 0) {
    throw new RangeError(
      `Cannot score ${predicted.length} predictions of ${actual.length} items: expected as many, at least 1`,
    );
  }
  const place = new Map(classes.map((name, i) => [name, i]));
  const confusion = classes.map(() => classes.map(() => 0));
  actual.forEach((name, item) => {
    const [row, column] = [place.get(name), place.get(predicted[item]!)];
    if (row === undefined || column === undefined) {
      throw new RangeError(
        `Cannot score item ${item} as '${row === undefined ? name : predicted[item]}' is none of ${classes.join(", ")}`,
      );
    }
    confusion[row]![column]!++;
  });
  const totals = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const recalls = confusion.map((row, i) => row[i]! / totals[i]!);
  const known = recalls.filter((_, i) => totals[i]! > 0);
  return {
    accuracy: confusion.reduce((sum, row, i) => sum + row[i]!, 0) / actual.length,
    unweightedAverageRecall: known.reduce((sum, recall) => sum + recall, 0) / known.length,
    recall: Object.fromEntries(classes.map((name, i) => [name, recalls[i]!])),
    confusion,
  };
}

/** A figure of each group of items, such as each speaker. */
export function accuracyByGroup(
  { actual, predicted }: Pick<Classified, "actual" | "predicted">,
  groups: readonly string[],
): Record<string, number> {
  const counts = new Map<string, { right: number; all: number }>();
  groups.forEach((group, item) => {
    const { right, all } = counts.get(group) ?? { right: 0, all: 0 };
    counts.set(group, { right: right + Number(actual[item] === predicted[item]), all: all + 1 });
  });
  return Object.fromEntries([...counts].sort().map(([group, { right, all }]) => [group, right / all]));
}

/**
 * Bootstrap over groups (speakers): whole groups are drawn with replacement, as items of one speaker are no independent
 * witnesses.
 *
 * @param groups the group of each item
 * @param statistic a figure of the items at these indices; an item may be given several times
 * @returns the percentile interval of 95 %
 * @throws {RangeError} where there are no groups.
 */
export function bootstrapGroups(
  groups: readonly string[],
  statistic: (items: number[]) => number,
  { resamples = 2000, seed = 0 }: { resamples?: number; seed?: number } = {},
): [low: number, high: number] {
  const members = [...Map.groupBy(groups.map((_, item) => item), (item) => groups[item]).values()];
  if (members.length === 0) throw new RangeError("Cannot bootstrap over 0 groups: expected at least 1");
  const random = new Random(seed);
  const figures = Array.from(
    { length: resamples },
    () => statistic(members.flatMap(() => members[random.integer(members.length)]!)),
  ).sort((a, b) => a - b);
  return [quantile(figures, 0.025), quantile(figures, 0.975)];
}
