import assert from "node:assert/strict";
import { join } from "@std/path";
import { differingParts, fingerprintPairs, identifyFiles } from "../../lib/data/fingerprint.ts";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import type { Pair } from "../../lib/data/pair.ts";
import { withFiles } from "./files.ts";

function pair(i: number, more: Partial<Pair> = {}): Pair {
  const split = (["train", "dev", "test"] as const)[i % 3]!;
  const files = { image: `d/i/${i}.jpg`, audio: `d/a/${i}.wav` };
  return { id: `line-${i}`, imageId: `i/${i}.jpg`, ...files, text: `a cat ${i}`, speaker: "s", split, ...more };
}

const PAIRS = [0, 1, 2, 3, 4].map((i) => pair(i));
const CHANGES: [what: string, changed: Pair[], parts: string][] = [
  ["the same", PAIRS.map((one) => ({ ...one })), ""],
  [
    "keys in another order",
    PAIRS.map((one) => Object.fromEntries(Object.entries(one).reverse()) as unknown as Pair),
    "",
  ],
  ["a split", [pair(0, { split: "test" }), ...PAIRS.slice(1)], "splits"],
  ["a caption", [pair(0, { text: "a dog 0" }), ...PAIRS.slice(1)], "pairs"],
  ["a recording", [pair(0, { audio: "d/a/9.wav" }), ...PAIRS.slice(1)], "pairs"],
  ["an image", [pair(0, { image: "d/i/9.jpg" }), ...PAIRS.slice(1)], "pairs"],
  ["a speaker", [pair(0, { speaker: "t" }), ...PAIRS.slice(1)], "pairs"],
  ["a group", [pair(0, { group: "g" }), ...PAIRS.slice(1)], "pairs"],
  ["a pair less", PAIRS.slice(1), "pairs,splits"],
  ["another order", PAIRS.toReversed(), "pairs,splits"],
  [
    "letters that move from one field to the next",
    [pair(0, { text: "a cat 0s", speaker: "" }), ...PAIRS.slice(1)],
    "pairs",
  ],
];

Deno.test("a fingerprint says whether pairs, their order or their splits differ", () => {
  const one = fingerprintPairs(PAIRS, "d");
  assert.match(one, /^pairs [0-9a-f]{16}, splits [0-9a-f]{16}$/);
  for (const [what, changed, parts] of CHANGES) {
    assert.equal(differingParts(one, fingerprintPairs(changed, "d")).join(), parts, what);
  }
});

Deno.test("a data set that moved as a whole keeps its fingerprint, by a relative path and an absolute one", async () => {
  const moved = PAIRS.map((one) => ({
    ...one,
    image: one.image.replace("d/", "/x/y/"),
    audio: one.audio.replace("d/", "/x/y/"),
  }));
  assert.equal(fingerprintPairs(moved, "/x/y"), fingerprintPairs(PAIRS, "d"));
  assert.equal(fingerprintPairs(moved, "/x/y/"), fingerprintPairs(PAIRS, "./d"));
  const sample = await loadPairs("flickr8k", "data/sample/flickr8k");
  const whole = join(Deno.cwd(), "data/sample/flickr8k");
  assert.equal(
    fingerprintPairs(await loadPairs("flickr8k", whole), whole),
    fingerprintPairs(sample, "data/sample/flickr8k"),
  );
});

Deno.test("files are distinguished by size and content, not by time or folder", async () => {
  await withFiles(
    { "one/i/0.jpg": "image", "one/a/0.wav": "sound", "two/i/0.jpg": "image", "two/a/0.wav": "sound" },
    async (root) => {
      const at = (
        folder: string,
      ) => [pair(0, { image: join(root, folder, "i/0.jpg"), audio: join(root, folder, "a/0.wav") })];
      const files = (folder: string, whole?: number) => identifyFiles(at(folder), join(root, folder), whole);
      const first = await files("one");
      await Deno.utime(join(root, "two/i/0.jpg"), 1, 1);
      assert.equal(await files("two"), first);
      const [, small] = [await Deno.writeTextFile(join(root, "two/i/0.jpg"), "imagE"), await files("two")];
      assert.notEqual(small, first);
      assert.equal(await files("two", 3), await files("one", 3), "of a larger set only the sizes count");
      await Deno.writeTextFile(join(root, "two/i/0.jpg"), "images");
      assert.notEqual(await files("two", 3), await files("one", 3));
      await Deno.remove(join(root, "two/i/0.jpg"));
      assert.notEqual(await files("two"), first);
      const [a, b] = [
        fingerprintPairs(at("one"), join(root, "one"), first),
        fingerprintPairs(at("one"), join(root, "one"), small),
      ];
      assert.match(a, /, files [0-9a-f]{16}$/);
      assert.deepEqual(differingParts(a, b), ["files"]);
      assert.deepEqual(
        differingParts(a, fingerprintPairs(at("one"), join(root, "one"))),
        [],
        "what one lacks does not differ",
      );
    },
  );
});

Deno.test("600,000 pairs take seconds", () => {
  const many = Array.from({ length: 600_000 }, (_, i) => pair(i));
  const start = performance.now();
  const first = fingerprintPairs(many, "d");
  assert.ok(performance.now() - start < 30_000);
  many[599_999]!.text = "";
  assert.deepEqual(differingParts(first, fingerprintPairs(many, "d")), ["pairs"]);
});
