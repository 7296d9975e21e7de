import assert from "node:assert/strict";
import fc from "fast-check";
import {
  featureRanks,
  type Recall,
  recallOf,
  retrieval,
  retrievalRanks,
  twinAnswers,
} from "../../lib/metrics/recall.ts";
import { Random } from "../../lib/random.ts";

interface Golden {
  image_features: number[][];
  speech_features: number[][];
  speech_image_index: number[];
  speech2image: Recall;
  image2speech: Recall;
}

function assertClose(actual: Recall, expected: Recall): void {
  for (const k of ["R@1", "R@5", "R@10"] as const) {
    assert.ok(Math.abs(actual[k] - expected[k]) < 1e-6, `${k}: ${actual[k]}`);
  }
}

/** Sorts all items of each query, best first, and looks for the first correct one. */
function naiveRanks(rows: number[][], isCorrect: (query: number, item: number) => boolean): number[] {
  return rows.map((row, query) => {
    const order = row.map((_, item) => item).sort((a, b) => row[b]! - row[a]! || a - b);
    return 1 + order.findIndex((item) => isCorrect(query, item));
  });
}

Deno.test("retrieval equals the goldens", async () => {
  const { recall } = JSON.parse(await Deno.readTextFile("tests/fixtures/metrics.json")) as { recall: Golden[] };
  for (const golden of recall) {
    const result = retrieval(
      Float32Array.from(golden.speech_features.flat()),
      Float32Array.from(golden.image_features.flat()),
      golden.speech_image_index,
    );
    assertClose(result.speech2image, golden.speech2image);
    assertClose(result.image2speech, golden.image2speech);
  }
});

Deno.test("retrievalRanks equals sorting, with ties and images without recordings", () => {
  const cases = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 8 }), fc.integer());
  fc.assert(fc.property(cases, ([recordings, images, seed]) => {
    const random = new Random(seed);
    const rows = Array.from({ length: recordings }, () => Array.from({ length: images }, () => random.integer(4)));
    const imageOf = rows.map(() => random.integer(images));
    const { speech2image, image2speech } = retrievalRanks(Float32Array.from(rows.flat()), imageOf, images);
    assert.deepEqual([...speech2image], naiveRanks(rows, (query, item) => imageOf[query] === item));
    const columns = Array.from({ length: images }, (_, i) => rows.map((row) => row[i]!));
    assert.deepEqual([...image2speech], naiveRanks(columns, (query, item) => imageOf[item] === query));
  }));
});

Deno.test("retrieval of a hand-made case", () => {
  // Two pictures; recording 0 finds its own, 1 prefers the wrong one, 2 is undecided and takes the lower index.
  const similarity = new Float32Array([0.9, 0.1, 0.8, 0.2, 0.5, 0.5]);
  const ranks = retrievalRanks(similarity, [0, 1, 1], 2);
  assert.deepEqual([...ranks.speech2image], [1, 2, 2]);
  assert.deepEqual([...ranks.image2speech], [1, 1]);
  assertClose(recallOf(ranks.speech2image), { "R@1": 100 / 3, "R@5": 100, "R@10": 100 });
});

Deno.test("recallOf leaves out queries that have no correct item", () => {
  assert.deepEqual(recallOf([1, 0, 7, 0]), { "R@1": 50, "R@5": 50, "R@10": 100 });
  assert.ok(Number.isNaN(recallOf([])["R@1"]));
});

Deno.test("ranks are refused where sizes do not fit or a similarity is NaN", () => {
  assert.throws(() => retrievalRanks(new Float32Array(5), [0, 1], 3), RangeError);
  assert.throws(() => retrievalRanks(new Float32Array(4), [0, 2], 2), /below 2/);
  assert.throws(() => retrievalRanks(new Float32Array([1, NaN]), [0], 2), /NaN/);
  assert.throws(() => featureRanks(new Float32Array(5), new Float32Array(4), [0, 1]), RangeError);
});

Deno.test("ranks of many features equal those of plain loops, with equal items, almost equal items, and images without recordings", () => {
  const [recordings, images, width] = [1300, 261, 37];
  const random = new Random(5);
  const normal = (size: number) => Float32Array.from({ length: size }, () => random.normal());
  const [speech, image] = [normal(recordings * width), normal(images * width)];
  const copy = (values: Float32Array, from: number, to: number, scale: number) => {
    for (let d = 0; d < width; d++) values[to * width + d] = scale * values[from * width + d]!;
  };
  for (let n = 0; n < 300; n++) copy(speech, random.integer(recordings), random.integer(recordings), 1);
  for (let i = 0; i < 100; i++) copy(image, random.integer(images), random.integer(images), i % 3 ? 1 : 1 + 2 ** -23);
  const imageOf = Array.from({ length: recordings }, () => random.integer(images - 3)); // the last three have none
  const rowOf = (values: Float32Array, n: number) => values.subarray(n * width, (n + 1) * width);
  const similarity = new Float32Array(recordings * images);
  for (let n = 0; n < recordings; n++) {
    for (let i = 0; i < images; i++) {
      const other = rowOf(image, i);
      similarity[n * images + i] = rowOf(speech, n).reduce((sum, value, d) => sum + value * other[d]!, 0);
    }
  }
  assert.deepEqual(featureRanks(speech, image, imageOf), retrievalRanks(similarity, imageOf, images));
  assert.throws(() => featureRanks(speech, image, imageOf.with(7, images)), /recording 7 must belong to an image/);
  assert.throws(() => featureRanks(speech.with(99, NaN), image, imageOf), RangeError);
});

const rows = (values: number[], width: number) => ({ values: new Float32Array(values), width });

Deno.test("the rank of the right item among its candidates only, counted by hand", () => {
  const items = rows([1, 0, 0, 1, -1, 0, 0.6, 0.8], 2);
  const queries = rows([1, 0, 0, 1], 2);
  assert.deepEqual(twinAnswers(queries, items, [0, 2], [[0, 1], [2, 3]]), [
    { chosen: 0, rank: 1 },
    { chosen: 3, rank: 2 },
  ]);
  assert.deepEqual(twinAnswers(queries, items, [2], [[0, 1, 2, 3]]), [{ chosen: 0, rank: 4 }]);
});

Deno.test("with all items as candidates it is the rank of a whole retrieval", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const random = new Random(seed);
      const draw = (count: number) => rows(Array.from({ length: 3 * count }, () => Math.fround(random.normal())), 3);
      const [queries, items] = [draw(6), draw(5)];
      const right = Array.from({ length: 6 }, () => random.integer(5));
      const similarity = new Float32Array(30);
      for (let q = 0; q < 6; q++) {
        for (let i = 0; i < 5; i++) {
          for (let d = 0; d < 3; d++) similarity[q * 5 + i]! += queries.values[q * 3 + d]! * items.values[i * 3 + d]!;
        }
      }
      const all = Array.from({ length: 6 }, () => [0, 1, 2, 3, 4]);
      const ranks = twinAnswers(queries, items, right, all).map(({ rank }) => rank);
      assert.deepEqual(ranks, [...retrievalRanks(similarity, right, 5).speech2image]);
    }),
    { numRuns: 50 },
  );
});

Deno.test("a right item that is no candidate is refused", () => {
  assert.throws(() => twinAnswers(rows([1], 1), rows([1, 1], 1), [0], [[1]]), /query 0 .* item 0 must be among/);
  assert.throws(() => twinAnswers(rows([1], 1), rows([1, 1], 1), [7], [[7]]), RangeError);
});
