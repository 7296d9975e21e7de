import assert from "node:assert/strict";
import fc from "fast-check";
import { retrievalRanks, twinAnswers } from "../../lib/metrics/recall.ts";
import { Random } from "../../lib/random.ts";

const rows = (values: number[], width: number) => ({ values: new Float32Array(values), width });

Deno.test("the right item's place among its candidates only, counted by hand", () => {
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
