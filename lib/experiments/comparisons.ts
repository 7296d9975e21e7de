/** Means over seeds, and paired comparisons of models on the same queries. */
import { bootstrapTest, hitsAt, hitsInterval } from "../metrics/bootstrap.ts";
import { sampleDeviation } from "../metrics/distributions.ts";
import { holm } from "../metrics/holm.ts";
import type { Recall } from "../metrics/recall.ts";
import { BREWCLIP_VARIANTS, type Variant } from "../systems/variants.ts";
import {
  type Comparison,
  type Difference,
  KS,
  namesOf,
  rowsOf,
  type TrialResult,
  type TrialRow,
  type Way,
  WAYS,
} from "./results.ts";

/** Recall of one model over its seeds. */
export interface SeedSummary {
  /** Mean in percent. */
  mean: number;
  /** Standard deviation over seeds, with N - 1; NaN for one seed. */
  deviation: number;
  /** 95 %, by bootstrap over images and seeds. */
  interval: [low: number, high: number];
}

/** For each seed the hits of all queries, 100 or 0. Queries without a correct item are skipped. */
function hitsBySeed(rows: readonly TrialRow[], way: Way, k: number): number[][] {
  return rows.map(({ ranks }) => hitsAt(ranks[way], k));
}

/** Summarizes recall of rows that differ in the seed only. */
export function summary(rows: readonly TrialRow[], way: Way, k: number): SeedSummary {
  const recalls = rows.map((row) => row.recall[way][`R@${k}` as keyof Recall]);
  const mean = recalls.reduce((sum, value) => sum + value, 0) / recalls.length;
  return {
    mean,
    deviation: sampleDeviation(recalls),
    interval: hitsInterval(hitsBySeed(rows, way, k), groupsOf(rows, way)),
  };
}

/**
 * Compares one model with another on the same queries. The bootstrap draws images, each with all of its recordings, and
 * seeds.
 *
 * @throws {RangeError} if they have different numbers of queries.
 */
export function compareRows(rows: readonly TrialRow[], against: readonly TrialRow[]): Comparison {
  const [one, other] = [rows[0] as TrialRow, against[0] as TrialRow];
  const difference = (way: Way, k: number): Difference => {
    const [here, there] = [hitsBySeed(rows, way, k), hitsBySeed(against, way, k)];
    const { difference: points, interval, p } = bootstrapTest(here, there, groupsOf(rows, way));
    return { points, interval, p };
  };
  const differences = WAYS.map((way) => [way, Object.fromEntries(KS.map((k) => [`R@${k}`, difference(way, k)]))]);
  return {
    test: one.test,
    name: one.name,
    against: other.name,
    seeds: Math.max(rows.length, against.length),
    differences: Object.fromEntries(differences) as Comparison["differences"],
  };
}

/**
 * Every two variants of BrewCLIP, and each published system with the full model: the larger a family of comparisons, the larger
 * a difference must be to be distinguishable.
 */
export function comparedPairs(variants: readonly Variant[]): [variant: Variant, against: Variant][] {
  return variants.flatMap((variant, i) => {
    const before = variants.slice(0, i), isOwn = Object.hasOwn(BREWCLIP_VARIANTS, variant);
    return before.filter((against) => isOwn || against === "full" || !before.includes("full"))
      .map((against): [Variant, Variant] => [variant, against]);
  });
}

/** The rows with their initial values instead, named `NAME-untrained`. */
export function untrainedRows(rows: readonly TrialRow[]): TrialRow[] {
  return rows.flatMap(({ untrained, ...row }) =>
    untrained === undefined
      ? []
      : [{ ...row, ...untrained, name: `${row.name}-untrained`, step: 0, metrics: undefined, itemRanks: undefined }]
  );
}

/** Each trained model minus itself untrained, where that was tested. */
export function controlComparisons({ tests, rows }: Pick<TrialResult, "tests" | "rows">): Comparison[] {
  return tests.flatMap(({ test }) =>
    namesOf(rows).flatMap((name) => {
      const own = rowsOf(rows, name, test), controls = untrainedRows(own);
      return controls.length === 0 || controls.length < own.length ? [] : [compareRows(own, controls)];
    })
  );
}

/** The comparisons of a result with p corrected by Holm's method, over all of them for each way and K. */
export function holmCorrected(comparisons: readonly Comparison[]): Comparison[] {
  const corrected = comparisons.map((comparison) => structuredClone(comparison));
  for (const way of WAYS) {
    for (const k of KS) {
      const family = corrected.map(({ differences }) => differences[way][`R@${k}`]);
      holm(family.map(({ p }) => p)).forEach((p, i) => family[i]!.p = p);
    }
  }
  return corrected;
}

/** The bootstrap draws the recordings of an image together. Queries by image are drawn one by one. */
function groupsOf([row]: readonly TrialRow[], way: Way): { groups?: number[] | undefined } {
  return { groups: way === "speech2image" ? row?.pictureOf : undefined };
}
