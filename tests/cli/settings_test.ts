import assert from "node:assert/strict";
import { continuedSettings, dataSetName, evalSettings, newSettings } from "../../lib/training/settings.ts";
import { own, PRESETS, sample } from "../../lib/training/presets.ts";

Deno.test("without options it is the sample; a preset by its name; own data have the paper's setting", () => {
  assert.deepEqual(newSettings({}), sample());
  assert.deepEqual(newSettings({ cache: true }), sample());
  assert.deepEqual(newSettings({ preset: "sample-flickr8k" }), PRESETS["sample-flickr8k"]());
  assert.deepEqual(newSettings({ data: "x/a.csv" }), { ...own(), dataRoot: "x/a.csv" });
  assert.deepEqual(newSettings({ dataset: "own", dataRoot: "x/a.csv" }), { ...own(), dataRoot: "x/a.csv" });
  const small = newSettings({ data: "a.jsonl", preset: "sample" });
  assert.deepEqual(small, { ...sample(), dataset: "own", dataRoot: "a.jsonl" });
});

Deno.test("every option has its setting", () => {
  const settings = newSettings({
    preset: "flickr8k",
    variant: "pip",
    dataset: "ln-coco",
    maxPictures: 40,
    clip: "a",
    whisper: "b",
    steps: 7,
    batchSize: 6,
    microBatch: 2,
    learningRate: 0.5,
    warmupSteps: 3,
    alpha: 0.2,
    temperature: "fixed",
    seed: 9,
    longText: "windows",
    imageFit: "squash",
    audioSeconds: 12.5,
    cache: false,
    evaluateEvery: 4,
    saveEvery: 5,
    backend: "cpu",
  });
  assert.deepEqual(settings, {
    ...PRESETS.flickr8k(),
    variant: "pip",
    dataset: "ln-coco",
    dataRoot: "data/coco",
    maxPictures: 40,
    clip: "a",
    whisper: "b",
    steps: 7,
    batchSize: 6,
    microBatch: 2,
    learningRate: 0.5,
    warmupSteps: 3,
    alpha: 0.2,
    temperature: "fixed",
    seed: 9,
    longText: "windows",
    imageFit: "squash",
    audioSeconds: 12.5,
    cache: false,
    evaluateEvery: 4,
    saveEvery: 5,
    backend: "cpu",
  });
});

Deno.test("a run continues with moved folders, another backend and without a cache, but not with another setting", () => {
  const stored = { ...sample(), seed: 3 };
  const moved = { dataRoot: "/b", clip: "/c", whisper: "/w", backend: "cpu" };
  assert.deepEqual(continuedSettings({ ...moved, cache: false, seed: 3 }, stored, "r"), {
    ...stored,
    ...moved,
    cache: false,
  });
  const uncached = { ...stored, cache: false };
  assert.deepEqual(continuedSettings({ cache: true }, uncached, "r"), uncached, "commander's default changes nothing");
  for (
    const change of [{ longText: "windows" }, { imageFit: "pad" }, { microBatch: 2 }, { audioSeconds: 3 }, {
      maxPictures: 9,
    }]
  ) {
    const name = Object.keys(change)[0];
    assert.throws(() => continuedSettings(change, stored, "r"), new RegExp(`Cannot continue 'r' .*${name} is`));
  }
});

Deno.test("an evaluation is on the run's data, or on others where those are", () => {
  const asked = { run: "r", split: "test", checkpoint: "best", cache: true };
  const stored = sample();
  assert.deepEqual(evalSettings(asked, stored), stored);
  assert.equal(evalSettings({ ...asked, dataset: "flickr8k" }, stored).dataRoot, "data/sample/flickr8k");
  const moved = { ...stored, dataRoot: "/coco" };
  assert.equal(evalSettings({ ...asked, dataset: "spokencoco" }, moved).dataRoot, "/coco");
  assert.deepEqual(evalSettings({ ...asked, data: "a.csv" }, moved), { ...stored, dataset: "own", dataRoot: "a.csv" });
  const mine = { ...stored, dataset: "own", dataRoot: "a.csv" } as const;
  assert.deepEqual(evalSettings(asked, mine), mine);
  assert.equal(evalSettings({ ...asked, dataset: "ln-coco" }, mine).dataRoot, "data/sample/coco");
  const elsewhere = evalSettings({ ...asked, clip: "/c", whisper: "/w", cache: false, backend: "cpu" }, stored);
  assert.deepEqual(elsewhere, { ...stored, clip: "/c", whisper: "/w", cache: false, backend: "cpu" });
});

Deno.test("--data-root names a folder of a published set, or folders for the files of --data", () => {
  assert.equal(newSettings({ dataset: "flickr8k", dataRoot: "/d" }).dataRoot, "/d");
  const mine = newSettings({ data: "a.csv", dataRoot: ["/x", "/y"] });
  assert.deepEqual([mine.dataset, mine.dataRoot, mine.dataRoots], ["own", "a.csv", ["/x", "/y"]]);
  assert.deepEqual(newSettings({ data: "a.csv", dataRoot: "/x" }).dataRoots, ["/x"]);
  assert.equal(newSettings({ data: "a.csv" }).dataRoots, undefined);
  assert.throws(
    () => newSettings({ dataset: "flickr8k", dataRoot: ["/x", "/y"] }),
    /Cannot use 2 folders of --data-root/,
  );
  const known = { ...mine, dataFingerprint: "pairs 1, splits 2" };
  const asked = { run: "r", split: "test", checkpoint: "best", cache: true };
  assert.deepEqual(evalSettings(asked, known), known);
  const other = evalSettings({ ...asked, data: "b.csv" }, known);
  assert.deepEqual([other.dataRoot, other.dataRoots, other.dataFingerprint], ["b.csv", undefined, undefined]);
  assert.deepEqual(continuedSettings({ data: "a.csv", dataRoot: "/z" }, known, "r").dataRoots, ["/z"]);
});

Deno.test("two data sets have different names, and a preset's data the name of their layout", () => {
  assert.equal(dataSetName(PRESETS["sample-flickr8k"]()), "flickr8k");
  const names = ["a/pairs.csv", "b/pairs.csv"].map((data) => dataSetName(newSettings({ data })));
  assert.match(names[0]!, /^own-pairs-[0-9a-f]{8}$/);
  assert.notEqual(names[0], names[1]);
  assert.notEqual(dataSetName({ ...PRESETS["sample-flickr8k"](), dataRoot: "elsewhere" }), "flickr8k");
});
