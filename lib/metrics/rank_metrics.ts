/**
 * Retrieval as MTEB counts it (tasks SpokenCOCOA2IRetrieval and SpokenCOCOI2ARetrieval, main score nDCG@10), mean reciprocal
 * rank and median rank. The paper's recall asks whether any correct item is among the first K; MTEB's, which share of the
 * relevant items is. They differ where a query has several, as an image with five recordings.
 */
import { hitsInterval, type Interval, median, medianInterval } from "./bootstrap.ts";
import type { Recall } from "./recall.ts";

/** Means over queries, in percent but for the median rank. */
export type RankMetrics = {
  /** Discounted gain of the relevant items among the first 10, relative to that of the best order. */
  "nDCG@10": number;
  /** Share of the relevant items among the first K. */
  itemRecall: Recall;
  /** Mean of 1 / rank of the first relevant item. */
  mrr: number;
  /** Median rank of the first relevant item. */
  medianRank: number;
  /** 95 % intervals; absent in results of an earlier version. */
  intervals?: RankIntervals | undefined;
};

/** The intervals of {@link RankMetrics}. */
export type RankIntervals = {
  "nDCG@10": Interval;
  itemRecall: Record<keyof Recall, Interval>;
  mrr: Interval;
  medianRank: Interval;
};

/** The metrics of each query, in percent but for the rank of its first relevant item. */
export type QueryMetrics = Record<"nDCG@10" | keyof Recall | "mrr" | "first", number[]>;

/** Computes the metrics of each query; see {@link rankMetrics}. */
export function queryMetrics(queries: readonly ArrayLike<number>[]): QueryMetrics {
  const relevant = queries.filter(({ length }) => length > 0).map((ranks) => Array.from(ranks).sort((a, b) => a - b));
  const recall = (k: number): number[] =>
    relevant.map((ranks) => 100 * ranks.filter((rank) => rank <= k).length / ranks.length);
  return {
    "nDCG@10": relevant.map((ranks) => 100 * gain(ranks) / gain(ranks.map((_, i) => i + 1))),
    "R@1": recall(1),
    "R@5": recall(5),
    "R@10": recall(10),
    mrr: relevant.map(([rank]) => 100 / rank!),
    first: relevant.map(([rank]) => rank!),
  };
}

/**
 * Computes the intervals of the means over seeds, by bootstrap over groups of queries and over seeds.
 *
 * @param seeds for each seed the metrics of all queries, in one order
 * @param groups the group of each query, such as the image of a recording; by default each query is one
 */
export function rankIntervals(seeds: readonly QueryMetrics[], groups?: ArrayLike<number>): RankIntervals {
  const of = (name: keyof QueryMetrics) => hitsInterval(seeds.map((queries) => queries[name]), { groups });
  return {
    "nDCG@10": of("nDCG@10"),
    itemRecall: { "R@1": of("R@1"), "R@5": of("R@5"), "R@10": of("R@10") },
    mrr: of("mrr"),
    medianRank: medianInterval(seeds.map(({ first }) => first), { groups }),
  };
}

/**
 * Computes the metrics.
 *
 * @param queries for each query the ranks of its relevant items, from 1, in any order; queries without one are ignored
 * @returns NaN throughout without queries
 */
export function rankMetrics(queries: readonly ArrayLike<number>[]): RankMetrics {
  const { first, ...shares } = queryMetrics(queries);
  const mean = (name: keyof typeof shares): number =>
    shares[name].reduce((sum, value) => sum + value, 0) / shares[name].length;
  return {
    "nDCG@10": mean("nDCG@10"),
    itemRecall: { "R@1": mean("R@1"), "R@5": mean("R@5"), "R@10": mean("R@10") },
    mrr: mean("mrr"),
    medianRank: median(first),
  };
}

/** Each of the first ten ranks counts `1 / log2(rank + 1)`. */
function gain(ranks: readonly number[]): number {
  return ranks.reduce((sum, rank) => sum + (rank <= 10 ? 1 / Math.log2(rank + 1) : 0), 0);
}

/**
 * Lists the ranks of each image's recordings, for {@link rankMetrics}.
 *
 * @param ranks `[N]`: the rank of each recording for its own image
 * @param imageOf `[N]`
 */
export function ranksByImage(ranks: ArrayLike<number>, imageOf: ArrayLike<number>): number[][] {
  return [...Map.groupBy(Array.from(imageOf).keys(), (n) => imageOf[n]).values()].map((own) =>
    own.map((n) => ranks[n]!)
  );
}
