/**
 * Retrieval as MTEB counts it (tasks SpokenCOCOA2IRetrieval and SpokenCOCOI2ARetrieval, main score nDCG@10), mean reciprocal
 * rank and median rank. The paper's recall asks whether any correct item is among the first K; MTEB's, which share of the
 * relevant items is. They differ where a query has several, as an image with five recordings.
 */
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
};

/**
 * Computes the metrics.
 *
 * @param queries for each query the ranks of its relevant items, from 1, in any order; queries without one are ignored
 * @returns NaN throughout without queries
 */
export function rankMetrics(queries: readonly ArrayLike<number>[]): RankMetrics {
  const relevant = queries.filter(({ length }) => length > 0).map((ranks) => Array.from(ranks).sort((a, b) => a - b));
  const mean = (of: (ranks: number[]) => number): number =>
    100 * relevant.reduce((sum, ranks) => sum + of(ranks), 0) / relevant.length;
  const recall = (k: number): number => mean((ranks) => ranks.filter((rank) => rank <= k).length / ranks.length);
  const first = relevant.map(([rank]) => rank!).sort((a, b) => a - b);
  const middle = first.length / 2;
  return {
    "nDCG@10": mean((ranks) => gain(ranks) / gain(ranks.map((_, i) => i + 1))),
    itemRecall: { "R@1": recall(1), "R@5": recall(5), "R@10": recall(10) },
    mrr: mean(([rank]) => 1 / rank!),
    medianRank: first.length === 0 ? NaN : (first[Math.ceil(middle) - 1]! + first[Math.floor(middle)]!) / 2,
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
