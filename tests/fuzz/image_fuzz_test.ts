import assert from "node:assert/strict";
import { join } from "@std/path";
import { inFolder } from "../helpers.ts";
import { fuzz, fuzzRuns } from "./fuzz_process.ts";
import { writePictures } from "./pictures.ts";

Deno.test("damaged images are read or refused by kind, without a crash, a hang or a large memory", async () => {
  await inFolder(async (folder) => {
    const files = await writePictures(folder);
    const runs = fuzzRuns(500);
    const { outcomes, peak } = await fuzz("image", 20261122, runs, files);
    const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    assert.equal(total, files.length + runs);
    for (const word of ["read", "truncated", "corrupt"]) assert.ok(outcomes[word], `none was ${word}`);
    assert.ok(peak < 1000, `${peak} MB`);
  });
});

Deno.test("headers that announce huge images take no memory", async () => {
  await inFolder(async (folder) => {
    const [jpeg, , , , png] = await writePictures(folder);
    const made: string[] = [];
    const make = async (from: string, change: (view: DataView, bytes: Uint8Array) => void) => {
      const bytes = await Deno.readFile(from);
      change(new DataView(bytes.buffer), bytes);
      made.push(join(folder, `huge${made.length}`));
      await Deno.writeFile(made.at(-1)!, bytes);
    };
    /** Where a JPEG's frame header tells height and width. */
    const frame = (bytes: Uint8Array) => bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0) + 5;
    for (const side of [9999, 30000, 65000]) {
      await make(jpeg!, (view, bytes) => {
        view.setUint16(frame(bytes), side);
        view.setUint16(frame(bytes) + 2, side);
      });
      await make(png!, (view) => {
        view.setUint32(16, side);
        view.setUint32(20, side);
      });
    }
    const { outcomes, peak } = await fuzz("image", 1, 0, made);
    assert.deepEqual(outcomes, { "corrupt": 2, "too-large": 4 });
    assert.ok(peak < 300, `${peak} MB`);
  });
});
