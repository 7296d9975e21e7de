import { join } from "@std/path";
import assert from "node:assert/strict";
import sharp from "sharp";
import { InputError } from "../../lib/errors.ts";
import { PixelReader } from "../../lib/image/pixel_reader.ts";
import { readPixels } from "../../lib/image/preprocess.ts";
import { inFolder } from "../helpers.ts";

/** A picture of one grey. */
async function grey(folder: string, level: number): Promise<string> {
  const path = join(folder, `${level}.png`);
  const background = { r: level, g: level, b: level };
  await sharp({ create: { width: 40, height: 30, channels: 3, background } }).png().toFile(path);
  return path;
}

Deno.test("the worker returns the same pixels as readPixels, each to its caller", async () => {
  await inFolder(async (folder) => {
    const paths = await Promise.all([0, 40, 80, 120, 160, 200, 240].map((level) => grey(folder, level)));
    await using reader = new PixelReader({ size: 16, fit: "pad" });
    const read = await Promise.all(paths.map((path) => reader.read(path)));
    for (const [i, path] of paths.entries()) {
      assert.deepEqual(read[i], await readPixels(path, { size: 16, fit: "pad" }), path);
      assert.deepEqual(await reader.read({ name: "in memory", bytes: await Deno.readFile(path) }), read[i]);
    }
  });
});

Deno.test("an image that cannot be read fails alone, with the message of readPixels", async () => {
  await inFolder(async (folder) => {
    await using reader = new PixelReader({ size: 16 });
    const missing = join(folder, "missing.png");
    const good = reader.read(await grey(folder, 99));
    await assert.rejects(reader.read(missing), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /missing\.png' as it does not exist: check the path/);
      return true;
    });
    await assert.rejects(reader.read({ name: "empty.png", bytes: new Uint8Array() }), /'empty\.png' as it has 0 bytes/);
    assert.equal((await good).length, 3 * 16 * 16);
  });
});

Deno.test("a reader can end while images are being decoded", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "large.jpg");
    await sharp({ create: { width: 3000, height: 2000, channels: 3, background: "grey" } }).jpeg().toFile(path);
    for (const wait of [0, 1, 2]) {
      const reader = new PixelReader({ size: 16 });
      const reads = Array.from({ length: 20 }, () => reader.read(path));
      await Promise.all(reads.slice(0, wait));
      await reader[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose](); // twice is as good as once
    }
  });
});
