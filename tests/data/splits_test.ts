import assert from "node:assert/strict";
import { requireSplits, smallSplits } from "../../lib/data/load_pairs.ts";
import type { Split } from "../../lib/data/pair.ts";

/** Pairs by their numbers in each split, each of its own image. */
function pairs(counts: Partial<Record<Split, number>>): { split: Split; imageId: string }[] {
  return (Object.entries(counts) as [Split, number][]).flatMap(([split, count]) =>
    Array.from({ length: count }, (_, i) => ({ split, imageId: `${split}-${i}` }))
  );
}

const ALL = ["train", "dev", "test"] as const;

Deno.test("a missing split is named, with what there is and what can be done", () => {
  const refused = (
    counts: Partial<Record<Split, number>>,
    splits: readonly Split[],
    dataset: string,
    message: RegExp,
  ) =>
    assert.throws(() => requireSplits(pairs(counts), splits, { dataset, dataRoot: "x" }), {
      name: "InputError",
      message,
    });
  requireSplits(pairs({ train: 1, dev: 1, test: 1 }), ALL, { dataset: "own", dataRoot: "x" });
  requireSplits(pairs({ test: 1 }), ["test"], { dataset: "own", dataRoot: "x" });
  refused(
    { test: 8 },
    ALL,
    "own",
    /split 'train' of 'own' in 'x' as it has no usable pair: there are 8 in test\. .* only can be evaluated: .*`zero-shot`.*`eval`.*--run/,
  );
  refused(
    { train: 5, test: 2 },
    ALL,
    "own",
    /split 'dev' .* there are 5 in train, 2 in test\. Name this split in the column 'split'/,
  );
  refused(
    { train: 5 },
    ["test"],
    "ln-coco",
    /split 'test' .* Check the data set: deno task data check ln-coco --data-root x/,
  );
  refused({}, ["test"], "own", /no usable pair at all/);
});

Deno.test("small splits are a warning: below 20 test images, below 2 training pairs", () => {
  assert.deepEqual(smallSplits(pairs({ train: 2, dev: 1, test: 20 })), []);
  assert.deepEqual(smallSplits(pairs({ train: 0, test: 0 })), []);
  const [test, ...none] = smallSplits(pairs({ train: 2, test: 19 }));
  assert.match(test!, /^warning: the test split has 19 images, too few .* R@1 5 % and R@10 53 %$/);
  assert.deepEqual(none, []);
  assert.match(smallSplits(pairs({ test: 1 }))[0]!, /1 image, too few .* R@1 100 % and R@10 100 %/);
  assert.match(smallSplits(pairs({ train: 1, test: 30 }))[0]!, /^warning: the train split has 1 pair, too few/);
  const twice = [...pairs({ test: 20 }), ...pairs({ test: 3 })];
  assert.deepEqual(smallSplits(twice), [], "images count, not recordings");
  assert.equal(smallSplits([...pairs({ test: 19 }), ...pairs({ test: 19 })]).length, 1);
});
