import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { FACTS, sceneKey, sceneUse } from "../../data/generator/scene.ts";
import { twoWayAccuracy, twoWayTrials } from "../../data/generator/clip_evaluation.ts";

Deno.test("two-way accuracy on features made by hand", () => {
  const text = [[1, 0], [1, 0], [0, 2], [1, 1]];
  const right = [[5, 0], [0, 1], [1, 1], [1, 0]]; // cosines 1, 0, 0.71, 0.71
  const wrong = [[1, 1], [1, 1], [0, -1], [0, 1]]; // cosines 0.71, 0.71, -1, 0.71
  assert.equal(twoWayAccuracy(text, right, wrong), (1 + 0 + 1 + 0.5) / 4);
  assert.throws(() => twoWayAccuracy([], [], []), /0 texts/);
  assert.throws(() => twoWayAccuracy(text, right, wrong.slice(1)), /4 texts with 4 and 3/);
});

Deno.test("trials differ in one fact and come from the requested use", () => {
  for (const fact of FACTS) {
    for (const { right, wrong, text } of twoWayTrials(fact, 20, "coco", new Random(fact))) {
      assert.equal(sceneUse(right), "coco");
      assert.notEqual(sceneKey(right), sceneKey(wrong));
      assert.equal(right.background !== wrong.background, fact === "background");
      if (fact === "kind") assert.ok(right.things.some(({ kind }) => text.includes(kind)));
    }
  }
});
