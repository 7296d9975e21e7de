import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { checkManifest, writeManifest } from "../../data/generator/manifest.ts";
import { inFolder } from "./spoken.ts";

Deno.test("the manifest finds what is missing, changed or not listed", async () => {
  await inFolder(async (data) => {
    await writeAtomic(`${data}/sample/coco/a.txt`, "one");
    await writeAtomic(`${data}/models/clip-tiny-sample/config.json`, "{}");
    const manifest = await writeManifest(data, 7, { "espeak-ng": "1.51" });
    assert.equal(manifest.bytes, 5);
    assert.deepEqual(manifest.files["sample/coco/a.txt"], {
      bytes: 3,
      sha256: createHash("sha256").update("one").digest("hex"),
      stage: "corpora",
    });
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${data}/manifest.json`)), manifest);
    assert.deepEqual(await checkManifest(data), []);
    await writeAtomic(`${data}/sample/coco/a.txt`, "two");
    await writeAtomic(`${data}/sample/ravdess/b.txt`, "new");
    await Deno.remove(`${data}/models/clip-tiny-sample/config.json`);
    assert.deepEqual(await checkManifest(data), [
      "'sample/coco/a.txt' is not what was made: its checksum differs",
      "'models/clip-tiny-sample/config.json' is missing",
      "'sample/ravdess/b.txt' is not listed",
    ]);
  });
});
