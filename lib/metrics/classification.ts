/**
 * Metrics of classifiers: accuracy, unweighted average recall, confusion matrix; and intervals over speakers.
 */
import type { Interval } from "./bootstrap.ts";
import { sampleDeviation, shareInterval } from "./distributions.ts";

/** The actual and the predicted class of each item. */
interface Classified {
  classes: readonly string[];
  actual: readonly string[];
  predicted: readonly string[];
}

/** Metrics of a classifier, as shares of 1. */
interface ClassificationScores {
  accuracy: number;
  /** Mean of the classes' recalls without empty classes. Chance is 1 / classes, however unbalanced they are. */
  unweightedAverageRecall: number;
  /** Recall of each class; NaN for one without items. */
  recall: Record<string, number>;
  /** `[actual][predicted]` */
  confusion: number[][];
}

/**
 * Scores a classifier.
 *
 * @throws {RangeError} if the lists differ in length, are empty, or contain an unknown class.
 */
export function classificationScores({ classes, actual, predicted }: Classified): ClassificationScores {
  if (actual.length !== predicted.length || actual.length === 0) {
    throw new RangeError(
      `Cannot score ${predicted.length} predictions of ${actual.length} items: expected equal numbers, at least 1`,
    );
  }
  const indices = new Map(classes.map((name, i) => [name, i]));
  const confusion = classes.map(() => classes.map(() => 0));
  actual.forEach((name, item) => {
    const [row, column] = [indices.get(name), indices.get(predicted[item]!)];
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

/** Computes the accuracy of each group of items, such as each speaker. */
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
 * Computes the 95 % interval of a share that is no mean of items, such as the unweighted average recall: by jackknife over
 * groups, such as speakers, whose items are not independent, and Student's t. For a mean see `hitsInterval`.
 *
 * @param groups the group of each item
 * @param statistic computes the share, from 0 to 1, of the items at these indices; one for each seed if the share is their mean,
 * whose variance over seeds is then added as `hitsInterval` does
 * @throws {RangeError} if there are no groups.
 */
export function jackknifeInterval(
  groups: readonly string[],
  statistic: Statistic | readonly Statistic[],
): Interval {
  const names = [...new Set(groups)];
  if (names.length === 0) throw new RangeError("Cannot compute an interval over 0 groups: expected at least 1");
  const bySeed = [statistic].flat(), items = groups.map((_, item) => item);
  const shares = bySeed.map((of) => of(items));
  const without = names.length === 1
    ? bySeed.map(() => [])
    : bySeed.map((of) => names.map((name) => of(items.filter((item) => groups[item] !== name))));
  const deviations = without.map((own) => own.map((found) => found - meanOf(own))); // [seeds][groups]
  const together = names.map((_, g) => meanOf(deviations.map((own) => own[g] ?? 0)));
  const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** 2, 0);
  const scale = (names.length - 1) / names.length, seeds = bySeed.length;
  const all = squares(together) * scale;
  const noise = seeds === 1
    ? 0
    : squares(deviations.flatMap((own) => own.map((value, g) => value - together[g]!))) * scale / (seeds - 1) / seeds;
  const ofGroups = Math.max(0, all - noise), ofSeeds = seeds === 1 ? 0 : sampleDeviation(shares) ** 2 / seeds;
  const variance = ofGroups + ofSeeds, error = Math.sqrt(variance);
  const degrees = ofSeeds > 0 // Satterthwaite
    ? variance ** 2 / (ofGroups ** 2 / (names.length - 1 || 1) + ofSeeds ** 2 / (seeds - 1))
    : names.length - 1;
  // Rounding alone is no spread.
  return shareInterval({ value: meanOf(shares), error: error < 1e-9 ? 0 : error, degrees }, names.length);
}

type Statistic = (items: number[]) => number;

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
