import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists, readJson } from "../../lib/files/read.ts";
import { planCorpora } from "../../data/generator/plan.ts";
import { writeFlickr8k } from "../../data/generator/corpus_retrieval.ts";
import type { Manifest } from "../../data/generator/manifest.ts";
import { checkTools } from "../../data/generator/processes.ts";
import { inFolder, spokenTest } from "./spoken.ts";

const data = join(import.meta.dirname as string, "..", "..", "data");

spokenTest("shipped pictures and recordings come out byte for byte with the programs that made them", async () => {
  const manifest = await readJson(join(data, "manifest.json")) as Manifest;
  const tools = await checkTools();
  if (JSON.stringify(tools) !== JSON.stringify(manifest.tools)) {
    console.log(`skipped: made with ${JSON.stringify(manifest.tools)}, here are ${JSON.stringify(tools)}`);
    return;
  }
  await inFolder(async (folder) => {
    const pictures = planCorpora(manifest.seed).flickr8k.filter((_, i) => i % 60 === 0); // 5 of 250
    await writeFlickr8k(pictures, manifest.seed, { directory: folder, ledger: join(folder, "ledger.json") });
    let compared = 0;
    for (const part of ["Images", "flickr_audio/wavs"]) {
      for await (const { name } of Deno.readDir(join(folder, part))) {
        const shipped = join(data, "sample", "flickr8k", part, name);
        assert.ok(await exists(shipped), shipped);
        assert.deepEqual(await Deno.readFile(join(folder, part, name)), await Deno.readFile(shipped), name);
        compared++;
      }
    }
    assert.equal(compared, 5 * 6);
  });
});
