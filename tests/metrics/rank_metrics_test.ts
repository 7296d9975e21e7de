import assert from "node:assert/strict";
import { queryMetrics, rankIntervals, rankMetrics, ranksByImage } from "../../lib/metrics/rank_metrics.ts";
import { featureRanks, itemRanks, retrieval } from "../../lib/metrics/recall.ts";
import { Random } from "../../lib/random.ts";

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

Deno.test("two queries counted by hand, as trec_eval counts them", () => {
  // Ranks 1 and 3 of two relevant items: (1 + 1 / 2) / (1 + 1 / log2 3). Rank 12 of one: no gain.
  const { "nDCG@10": ndcg, itemRecall, mrr, medianRank } = rankMetrics([[3, 1], [12]]);
  close(ndcg, 100 * (1.5 / (1 + 1 / Math.log2(3))) / 2);
  assert.deepEqual(itemRecall, { "R@1": 25, "R@5": 50, "R@10": 50 });
  close(mrr, 100 * (1 + 1 / 12) / 2);
  assert.equal(medianRank, 6.5);
  assert.equal(rankMetrics([[1], [2], [9], []]).medianRank, 2);
  assert.ok(Number.isNaN(rankMetrics([]).mrr));
});

Deno.test("more than ten relevant items: the best order fills the first ten ranks, and recall cannot be whole", () => {
  const { "nDCG@10": ndcg, itemRecall } = rankMetrics([Array.from({ length: 20 }, (_, i) => i + 1)]);
  close(ndcg, 100);
  assert.deepEqual(itemRecall, { "R@1": 5, "R@5": 25, "R@10": 50 });
});

Deno.test("intervals contain the means of one and several seeds; images drawn together are wider, and a lone query is wide", () => {
  const random = new Random(2);
  const seeds = [0, 1, 2].map(() => Array.from({ length: 120 }, () => [1 + Math.floor(30 * random.next() ** 2)]));
  const one = rankIntervals([queryMetrics(seeds[0]!)]), metrics = rankMetrics(seeds[0]!);
  const inside = (value: number, [low, high]: readonly number[]) =>
    assert.ok(low! < value && value < high!, `${low} ${value} ${high}`);
  inside(metrics["nDCG@10"], one["nDCG@10"]);
  inside(metrics.mrr, one.mrr);
  inside(metrics.itemRecall["R@5"], one.itemRecall["R@5"]);
  inside(metrics.medianRank, one.medianRank);
  const twice = seeds[0]!.flatMap((ranks) => [ranks, ranks]); // the same recording twice adds nothing
  const together = rankIntervals([queryMetrics(twice)], twice.map((_, i) => Math.floor(i / 2)));
  assert.deepEqual(together, one);
  const all = rankIntervals(seeds.map(queryMetrics));
  inside(seeds.reduce((sum, own) => sum + rankMetrics(own).medianRank / 3, 0), all.medianRank);
  const [low, high] = rankIntervals([queryMetrics([[2]])])["nDCG@10"];
  assert.ok(high - low > 50);
  assert.ok(Number.isNaN(rankIntervals([queryMetrics([])]).medianRank[0]));
});

/** Sorts all items for each query, and sums over the list. */
function naive(similarity: (image: number, n: number) => number, imageOf: number[], images: number) {
  const queries = Array.from({ length: images }, (_, i) => i).filter((i) => imageOf.includes(i));
  const each = queries.map((i) => {
    const order = imageOf.map((_, n) => n).sort((x, y) => similarity(i, y) - similarity(i, x) || x - y);
    const hits = order.map((n) => Number(imageOf[n] === i));
    const total = hits.reduce((a, b) => a + b);
    const dcg = (gains: number[]) =>
      gains.slice(0, 10).reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
    return {
      ndcg: dcg(hits) / dcg(hits.toSorted((a, b) => b - a)),
      five: hits.slice(0, 5).reduce((a, b) => a + b) / total,
      reciprocal: 1 / (hits.indexOf(1) + 1),
    };
  });
  const mean = (of: "ndcg" | "five" | "reciprocal") => 100 * each.reduce((sum, one) => sum + one[of], 0) / each.length;
  return { ndcg: mean("ndcg"), five: mean("five"), reciprocal: mean("reciprocal") };
}

for (const [what, recordings, images, width] of [["few", 60, 17, 4], ["many, in blocks", 700, 90, 16]] as const) {
  Deno.test(`features of ${what}: equal to sorting, with ties and an image without recordings`, () => {
    const random = new Random(9);
    const speech = Float32Array.from({ length: recordings * width }, () => random.integer(3) - 1);
    const image = Float32Array.from({ length: images * width }, () => random.integer(3) - 1);
    const imageOf = Array.from({ length: recordings }, () => random.integer(images - 1));
    const dot = (i: number, n: number) => {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += image[i * width + d]! * speech[n * width + d]!;
      return sum;
    };
    const expected = naive(dot, imageOf, images);
    const { recordings: own, ...ranks } = itemRanks(speech, image, imageOf);
    const found = rankMetrics(ranksByImage(own, imageOf));
    close(found["nDCG@10"], expected.ndcg);
    close(found.itemRecall["R@5"], expected.five);
    close(found.mrr, expected.reciprocal);
    // The best rank of each image is that of the paper's recall.
    assert.deepEqual(ranks, featureRanks(speech, image, imageOf));
    ranks.image2speech.forEach((rank, i) => {
      if (rank > 0) assert.equal(Math.min(...[...own].filter((_, n) => imageOf[n] === i)), rank);
    });
  });
}

Deno.test("with one recording of each image the share of items is the paper's recall", () => {
  const random = new Random(1), width = 6, count = 40;
  const [speech, image] = [0, 1].map(() => Float32Array.from({ length: count * width }, () => random.normal()));
  const imageOf = Array.from({ length: count }, (_, n) => n);
  const hits = retrieval(speech!, image!, imageOf).image2speech;
  const { itemRecall } = rankMetrics(ranksByImage(itemRanks(speech!, image!, imageOf).recordings, imageOf));
  for (const k of ["R@1", "R@5", "R@10"] as const) close(itemRecall[k], hits[k]);
});
