/** Whole files, errors and randomness. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { exists, readJson } from "../../lib/files/read.ts";
import { hash, Random } from "../../lib/random.ts";
import { temporaryFolder } from "../temporary.ts";

Deno.test("writeAtomic replaces a file as a whole and leaves nothing beside it", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "deep", "file.txt");
  await writeAtomic(path, "old");
  await writeAtomic(path, "new");
  assert.equal(await Deno.readTextFile(path), "new");
  assert.deepEqual([...Deno.readDirSync(join(folder, "deep"))].map(({ name }) => name), ["file.txt"]);
  assert.equal(await exists(path), true);
  assert.equal(await exists(join(path, "below-a-file")), false);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readJson names the file that is missing or is not JSON", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "\uFEFF[1, 2]");
  assert.deepEqual(await readJson(path), [1, 2]);
  await Deno.writeTextFile(path, "{");
  await assert.rejects(
    readJson(path),
    (error: Error) => error.message.includes(path) && /not JSON/.test(error.message),
  );
  await Deno.remove(path);
  await assert.rejects(readJson(path), /does not exist/);
});

Deno.test("a generator repeats by its seed and continues from its state", () => {
  const random = new Random("seed");
  const drawn = Array.from({ length: 5 }, () => random.next());
  assert.deepEqual(drawn, Array.from({ length: 5 }, ((again) => () => again.next())(new Random("seed"))));
  const copy = new Random(0);
  copy.state = random.state;
  assert.equal(copy.next(), random.next());
  assert.notEqual(new Random(1).next(), new Random(2).next());
});

Deno.test("draws are spread as they should be", () => {
  const random = new Random(5);
  const normals = Array.from({ length: 20_000 }, () => random.normal());
  const mean = normals.reduce((a, b) => a + b) / normals.length;
  const variance = normals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normals.length;
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.05);
  const counts = [0, 0, 0];
  for (let i = 0; i < 9000; i++) counts[random.integer(3)]!++;
  assert.ok(counts.every((count) => Math.abs(count - 3000) < 200), counts.join());
  const items = Array.from({ length: 50 }, (_, i) => i);
  const shuffled = random.shuffled(items);
  assert.notDeepEqual(shuffled, items);
  assert.deepEqual(shuffled.toSorted((a, b) => a - b), items);
  assert.throws(() => random.choice([]), RangeError);
});

Deno.test("hash is FNV-1a", () => assert.equal(hash("foobar"), 0xbf9cf968));
