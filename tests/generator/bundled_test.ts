import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import { loadRavdess } from "../../lib/data/ravdess.ts";
import { exists } from "../../lib/files/read.ts";
import { planCorpora, textsOf } from "../../data/generator/plan.ts";
import { checkManifest, type Manifest } from "../../data/generator/manifest.ts";

const data = join(import.meta.dirname as string, "..", "..", "data");
const ignore = !await exists(join(data, "manifest.json"));
const because = ignore ? " (skipped: data/manifest.json is not there; 'deno task sample' makes it)" : "";

Deno.test({
  name: `the bundled files are what the manifest says, below 70 MB${because}`,
  ignore,
  fn: async () => {
    assert.deepEqual(await checkManifest(data), []);
    const manifest = JSON.parse(await Deno.readTextFile(join(data, "manifest.json"))) as Manifest;
    const listing = (await Deno.stat(join(data, "manifest.json"))).size;
    assert.ok(manifest.bytes + listing < 70e6, `${manifest.bytes + listing} bytes`);
  },
});

Deno.test({
  name: `the bundled corpora share no caption and no picture between splits${because}`,
  ignore,
  fn: async () => {
    const owner = new Map<string, string>(); // of a text or of a picture's bytes
    const planned = textsOf(planCorpora());
    const images = new Map<string, Set<string>>(); // of a data set's split
    for (const name of ["flickr8k", "spokencoco", "ln-coco"] as const) {
      const root = join(data, "sample", name === "flickr8k" ? "flickr8k" : "coco");
      for (const { split, text, image, imageId } of await loadPairs(name, root)) {
        assert.ok(planned.has(text), text);
        const picture = (await Deno.readFile(image)).toBase64();
        for (const key of [text, picture]) {
          assert.equal(owner.get(key) ?? split, split);
          owner.set(key, split);
        }
        const key = `${name} ${split}`;
        images.set(key, (images.get(key) ?? new Set()).add(imageId));
      }
    }
    for (const name of ["flickr8k", "spokencoco", "ln-coco"]) assert.ok(images.get(`${name} test`)!.size >= 100, name);
    assert.ok(images.get("ln-coco test")!.size >= 500);
    assert.ok(images.get("ln-coco dev")!.size >= 150);
    for (const image of images.get("spokencoco dev")!) assert.ok(images.get("ln-coco dev")!.has(image), image);
  },
});

Deno.test({
  name: `the bundled moods have 16 voices or more and say two sentences in four moods${because}`,
  ignore,
  fn: async () => {
    const clips = await loadRavdess(join(data, "sample", "ravdess"));
    assert.ok(new Set(clips.map(({ speaker }) => speaker)).size >= 16);
    assert.equal(new Set(clips.map(({ statement }) => statement)).size, 2);
    assert.deepEqual([...new Set(clips.map(({ emotion }) => emotion))].sort(), ["angry", "happy", "neutral", "sad"]);
  },
});
