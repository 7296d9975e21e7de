import assert from "node:assert/strict";
import fc from "fast-check";
import { isInShard, parseShard } from "../../lib/whisper/shard.ts";

Deno.test("every id belongs to exactly one shard, whatever else is in the list", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (id, count) => {
      const homes = Array.from({ length: count }, (_, i) => i + 1).filter((index) => isInShard(id, { index, count }));
      assert.equal(homes.length, 1);
    }),
  );
});

Deno.test("shards are about equal in size, also for ids that differ in a digit", () => {
  for (const count of [2, 3, 8, 16]) {
    const sizes = new Array(count).fill(0);
    for (let i = 0; i < 5000; i++) {
      sizes[
        Array.from({ length: count }, (_, s) => s).find((s) => isInShard(`coco_train_${i}_1`, { index: s + 1, count }))!
      ]++;
    }
    const mean = 5000 / count;
    const worst = Math.max(...sizes.map((size) => Math.abs(size - mean)));
    assert.ok(worst < 5 * Math.sqrt(mean), `${count}: ${sizes}`);
  }
});

Deno.test("the split never changes, so that results of different days and machines fit together", () => {
  const homes = ["coco_val_137576_93", "1000268201_693b08cb0e_0", "ü", ""].map((id) =>
    [1, 2, 3, 4, 5, 6, 7].find((index) => isInShard(id, { index, count: 7 }))
  );
  assert.deepEqual(homes, HOMES);
});

/** Computed once with Python from FNV-1a and MurmurHash3's last step. */
const HOMES = [7, 3, 7, 5];

Deno.test("parseShard accepts only I/N, counted from 1", () => {
  assert.deepEqual(parseShard("3/8"), { index: 3, count: 8 });
  assert.deepEqual(parseShard(" 1/1 "), { index: 1, count: 1 });
  for (const text of ["0/4", "5/4", "1", "1/0", "a/b", "-1/4", "1/4/2", "1.5/4", "", "1/9999999"]) {
    assert.throws(() => parseShard(text), {
      name: "InputError",
      message: /must be I\/N with I from 1 to N, such as 1\/8: it is '.*'\. If a scheduler counts from 0, add 1\./,
    });
  }
});
