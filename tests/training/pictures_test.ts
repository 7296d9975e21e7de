import assert from "node:assert/strict";
import { SkippedFiles } from "../../lib/training/run_logs.ts";
import { Images } from "../../lib/training/examples.ts";

/** A memory for so many pictures, and which of them were read, in order. */
function memory(limit: number, told: string[] = []) {
  const reads: string[] = [];
  const read = (path: string): Promise<Float32Array> => {
    reads.push(path);
    return path === "bad" ? Promise.reject(new Error("no picture")) : Promise.resolve(Float32Array.of(path.length));
  };
  const skipped = new SkippedFiles({ onLine: (line) => told.push(line) });
  return { reads, skipped, pictures: new Images({ read, skipped, limit }) };
}

Deno.test("a picture is read once while it is kept; the one unused for longest goes first", async () => {
  const { reads, pictures } = memory(2);
  const first = await pictures.get("a");
  await pictures.get("bb");
  assert.equal(await pictures.get("a"), first);
  await pictures.get("ccc"); // bb goes
  await pictures.get("a");
  await pictures.get("bb");
  assert.deepEqual(reads, ["a", "bb", "ccc", "bb"]);
});

Deno.test("pictures read ahead are there when they are asked for, and none more than fit", async () => {
  const { reads, pictures } = memory(3);
  pictures.readAhead(["a", "b", "c", "d"]);
  assert.deepEqual(reads, ["a", "b", "c"]);
  assert.deepEqual(await pictures.get("b"), Float32Array.of(1));
  assert.deepEqual(reads, ["a", "b", "c"]);
});

Deno.test("a picture that cannot be read ahead is told and listed once, and is undefined to who asks", async () => {
  const told: string[] = [];
  const { skipped, pictures } = memory(3, told);
  pictures.readAhead(["bad"]);
  assert.equal(await pictures.get("bad"), undefined);
  assert.deepEqual(skipped.entries.map(({ path, reason }) => [path, reason]), [["bad", "no picture"]]);
  assert.equal(told.length, 1);
});
