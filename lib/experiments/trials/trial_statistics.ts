/**
 * Means over seeds, and paired comparisons.
 *
 * @module
 */
import { bootstrapMean, bootstrapTest, hitsAt } from "../../metrics/bootstrap.ts";
import type { Recall } from "../../metrics/recall.ts";
import { type Comparison, type Difference, KS, type TrialRow, type Way, WAYS } from "./trial_results.ts";

/** Recall of one model over its seeds. */
export interface SeedSummary {
  /** Mean in percent. */
  mean: number;
  /** Standard deviation over seeds, with N - 1; NaN for one seed. */
  deviation: number;
  /** 95 %, by bootstrap over pictures of the mean over seeds of each query's hit. */
  interval: [low: number, high: number];
}

/**
 * For each query the mean over seeds of its hit: 100 or 0 for one seed. Queries that have no correct item are left out.
 *
 * @throws {RangeError} where the rows have different numbers of queries.
 */
export function meanHits(rows: readonly TrialRow[], way: Way, k: number): number[] {
  const all = rows.map(({ ranks }) => hitsAt(ranks[way], k));
  const first = all[0] ?? [];
  if (all.some(({ length }) => length !== first.length)) {
    throw new RangeError(`Cannot average seeds as they have ${all.map(({ length }) => length).join(", ")} queries`);
  }
  return first.map((_, query) => all.reduce((sum, hits) => sum + hits[query]!, 0) / all.length);
}

/** Recall of rows that differ in the seed only. */
export function summary(rows: readonly TrialRow[], way: Way, k: number): SeedSummary {
  const hits = meanHits(rows, way, k);
  const recalls = rows.map((row) => row.recall[way][`R@${k}` as keyof Recall]);
  const mean = recalls.reduce((sum, value) => sum + value, 0) / recalls.length;
  const squares = recalls.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    deviation: Math.sqrt(squares / (recalls.length - 1)),
    interval: bootstrapMean(hits, groupsOf(rows, way)),
  };
}

/**
 * One model against another on the same queries: the bootstrap draws pictures, each with all of its recordings, of which each
 * counts with the mean over seeds of its hit.
 *
 * @throws {RangeError} where they were not asked the same number of queries.
 */
export function compareRows(rows: readonly TrialRow[], against: readonly TrialRow[]): Comparison {
  const [one, other] = [rows[0] as TrialRow, against[0] as TrialRow];
  const difference = (way: Way, k: number): Difference => {
    const [here, there] = [meanHits(rows, way, k), meanHits(against, way, k)];
    const { difference: points, interval, p } = bootstrapTest(here, there, groupsOf(rows, way));
    return { points, interval, p };
  };
  const differences = WAYS.map((way) => [way, Object.fromEntries(KS.map((k) => [`R@${k}`, difference(way, k)]))]);
  return {
    test: one.test,
    name: one.name,
    against: other.name,
    differences: Object.fromEntries(differences) as Comparison["differences"],
  };
}

/** What is drawn together: the recordings of a picture. Pictures that ask stand for themselves. */
function groupsOf([row]: readonly TrialRow[], way: Way): { groups?: number[] | undefined } {
  return { groups: way === "speech2image" ? row?.pictureOf : undefined };
}

/** Rows of a name and a test split, over seeds. */
export function rowsOf(rows: readonly TrialRow[], name: string, test: string): TrialRow[] {
  return rows.filter((row) => row.name === name && row.test === test);
}

/** Names in the order of the rows. */
export function namesOf(rows: readonly TrialRow[]): string[] {
  return [...new Set(rows.map(({ name }) => name))];
}
