import assert from "node:assert/strict";
import fc from "fast-check";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import type { Split } from "../../lib/data/pair.ts";
import { firstImages, listPairs } from "../../lib/experiments/pairs.ts";
import { presetConfig } from "../../lib/training/presets.ts";

const nobody = () => {};

Deno.test("a run on the first images lists all their recordings and nothing else, in the data set's order", async () => {
  const config = presetConfig("sample-flickr8k", { maxPictures: 7 });
  const pairs = await listPairs(config, ["train", "test"], nobody);
  assert.deepEqual(
    pairs,
    (await loadPairs("flickr8k", config.dataRoot)).filter(({ split, imageId }) => {
      return split !== "dev" && pairs.some((pair) => pair.imageId === imageId);
    }),
  );
  for (const split of ["train", "test"] as const) {
    const pictures = new Set(pairs.filter((pair) => pair.split === split).map(({ imageId }) => imageId));
    assert.equal(pictures.size, 7);
  }
  assert.equal(pairs.length, 2 * 7 * 5);
  const all = await listPairs(presetConfig("sample-flickr8k"), ["train", "dev", "test"], nobody);
  assert.deepEqual(all, await loadPairs("flickr8k", config.dataRoot));
});

Deno.test("the first images are those of a prefix, whatever the order of pairs and splits", () => {
  const pair = fc.record({
    imageId: fc.integer({ min: 0, max: 5 }).map(String),
    split: fc.constantFrom<Split>("train", "dev", "test"),
  });
  fc.assert(fc.property(fc.array(pair), fc.integer({ min: 1, max: 7 }), (pairs, count) => {
    const kept = firstImages(pairs, count);
    for (const split of ["train", "dev", "test"]) {
      const own = pairs.filter((one) => one.split === split);
      const names = [...new Set(own.map(({ imageId }) => imageId))].slice(0, count);
      assert.deepEqual(
        kept.filter((one) => one.split === split),
        own.filter(({ imageId }) => names.includes(imageId)),
      );
    }
  }));
});
