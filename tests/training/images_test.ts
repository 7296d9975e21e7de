import assert from "node:assert/strict";
import { SkippedFiles } from "../../lib/training/run_logs.ts";
import { Images } from "../../lib/training/examples.ts";

/** A cache for `limit` images, and the paths that were read, in order. */
function memory(limit: number, lines: string[] = []) {
  const reads: string[] = [];
  const read = (path: string): Promise<Float32Array> => {
    reads.push(path);
    return path === "bad" ? Promise.reject(new Error("no image")) : Promise.resolve(Float32Array.of(path.length));
  };
  const skipped = new SkippedFiles({ onLine: (line) => lines.push(line) });
  return { reads, skipped, images: new Images({ read, skipped, limit }) };
}

Deno.test("an image is read once while it is cached; the least recently used one is dropped first", async () => {
  const { reads, images } = memory(2);
  const first = await images.get("a");
  await images.get("bb");
  assert.equal(await images.get("a"), first);
  await images.get("ccc"); // bb goes
  await images.get("a");
  await images.get("bb");
  assert.deepEqual(reads, ["a", "bb", "ccc", "bb"]);
});

Deno.test("images are read ahead, but no more than fit into the cache", async () => {
  const { reads, images } = memory(3);
  images.readAhead(["a", "b", "c", "d"]);
  assert.deepEqual(reads, ["a", "b", "c"]);
  assert.deepEqual(await images.get("b"), Float32Array.of(1));
  assert.deepEqual(reads, ["a", "b", "c"]);
});

Deno.test("an image that cannot be read ahead is reported and listed once, and is undefined", async () => {
  const lines: string[] = [];
  const { skipped, images } = memory(3, lines);
  images.readAhead(["bad"]);
  assert.equal(await images.get("bad"), undefined);
  assert.deepEqual(skipped.entries.map(({ path, reason }) => [path, reason]), [["bad", "no image"]]);
  assert.equal(lines.length, 1);
});
