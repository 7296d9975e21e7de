import assert from "node:assert/strict";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import { InputError } from "../../lib/errors.ts";
import { exists } from "../../lib/files/read.ts";
import { checkConfig, readConfig } from "../../lib/training/config.ts";
import { dataRootOf, own, presetConfig, PRESETS, sample } from "../../lib/training/presets.ts";

Deno.test("every preset is a valid config and survives its file", async () => {
  for (const [name, make] of Object.entries(PRESETS)) {
    assert.equal(make().preset, name);
    const path = await Deno.makeTempFile({ suffix: ".json" });
    await Deno.writeTextFile(path, JSON.stringify(make()));
    assert.deepEqual(await readConfig(path), make());
    await Deno.remove(path);
  }
});

Deno.test("unknown, missing and impossible fields are named in one error", () => {
  const { seed: _, ...rest } = sample();
  const wrong = { ...rest, stepz: 3, alpha: 2, acoustic: { ...sample().acoustic, layers: 2 } };
  assert.throws(() => checkConfig(wrong, "'x/config.json'"), (error: unknown) => {
    assert.ok(error instanceof InputError);
    for (const part of ["x/config.json", "stepz", "seed", "alpha", "layers"]) {
      assert.match(error.message, new RegExp(part));
    }
    assert.equal(error.message.includes("\n"), false);
    return true;
  });
});

/** The fields that version 0.1.0 did not have. */
const later = {
  system: "brewclip",
  loss: "infonce",
  size: null,
  language: null,
  task: null,
  maxPictures: null,
  longText: "truncate",
  imageFit: "crop",
  audioSeconds: 120,
  microBatch: null,
  groupBatches: true,
  prompts: "shared",
  fusion: "sum",
  queue: null,
  attendPadding: false,
  cache: true,
  acousticLayers: "last",
  transcripts: 1,
  acousticLearningRate: null,
  temperatureLearningRate: null,
  acousticWarmupSteps: null,
  promptSteps: null,
};

Deno.test("the config of a run of version 0.1.0 opens, with the defaults of what came later", () => {
  const before = Object.fromEntries(Object.entries(own()).filter(([name]) => !(name in later)));
  const opened = checkConfig(JSON.parse(JSON.stringify(before)), "'runs/old/config.json'");
  assert.deepEqual(opened, { ...before, ...later });
  assert.deepEqual(opened, own());
});

Deno.test("the later fields are checked like the others", () => {
  const wrong = { longText: "cut", imageFit: "stretch", audioSeconds: 0, microBatch: 0, cache: "no", dataset: "coco" };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(() => checkConfig({ ...sample(), [name]: value }, "a test"), new RegExp(`${name}: `), name);
  }
  const right = { longText: "windows", imageFit: "pad", audioSeconds: 30, microBatch: 4, cache: false, dataset: "own" };
  assert.deepEqual(checkConfig({ ...sample(), ...right }, "a test"), { ...sample(), ...right });
});

Deno.test("the presets for published and for own data have the paper's hyperparameters", () => {
  for (const make of [PRESETS.flickr8k, PRESETS.spokencoco, PRESETS["ln-coco"], own]) {
    const { preset: _, dataset: __, dataRoot: ___, seed: ____, evaluateEvery: _____, saveEvery: ______, ...rest } =
      make();
    // METHOD.md, sections 2 to 4.
    assert.deepEqual(rest, {
      clip: "clip-vit-large-patch14",
      whisper: "whisper-base",
      variant: "full",
      steps: 100000,
      batchSize: 32,
      learningRate: 0.0001,
      finalLearningRate: 0.00000001,
      warmupSteps: 5000,
      weightDecay: 0.000001,
      clipNorm: 4,
      alpha: 0.1,
      temperature: "learned",
      promptLength: 4,
      acoustic: { heads: 8, feedforward: 4096, dropout: 0.1 },
      ...later,
      backend: "auto",
    });
  }
});

Deno.test("a preset's data are where it says; the bundled ones are there", async () => {
  for (const make of [sample, PRESETS["sample-flickr8k"], PRESETS["sample-spokencoco"], PRESETS["sample-ln-coco"]]) {
    const { preset, dataset, dataRoot } = make();
    assert.equal(dataRoot, dataRootOf(preset, dataset));
    assert.match(dataRoot, /^data\/sample\//);
    const { pathname } = new URL(`../../${dataRoot}`, import.meta.url);
    if (await exists(pathname)) assert.ok((await loadPairs(dataset, pathname)).length > 0, preset);
    else console.log(`skipped: '${dataRoot}' is not there (deno task sample makes it)`);
  }
  assert.deepEqual({ ...PRESETS["sample-ln-coco"](), preset: "sample" }, sample());
  assert.equal(dataRootOf("flickr8k", "flickr8k"), "data/flickr8k");
  assert.equal(dataRootOf("samplers", "ln-coco"), "data/coco");
});

Deno.test("a preset by name is the preset; what is not given changes nothing", () => {
  for (const [name, make] of Object.entries(PRESETS)) {
    assert.deepEqual(presetConfig(name), make());
    assert.deepEqual(presetConfig(name, { steps: undefined, dataRoot: undefined }), make());
  }
});

Deno.test("data of another layout are looked for in the preset's folder, or in the given one", () => {
  assert.equal(presetConfig("sample", { dataset: "flickr8k" }).dataRoot, "data/sample/flickr8k");
  assert.equal(presetConfig("ln-coco", { dataset: "flickr8k" }).dataRoot, "data/flickr8k");
  assert.equal(presetConfig("ln-coco", { dataset: "flickr8k", dataRoot: "/big" }).dataRoot, "/big");
});

Deno.test("an unknown preset, field or value is refused", () => {
  assert.throws(() => presetConfig("toString"), (error: unknown) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /'toString' .*sample-flickr8k/);
    return true;
  });
  assert.throws(() => presetConfig("sample", { steps: -1 }), /Cannot use the config of the preset 'sample'.*steps/);
  const unknown = { stepz: 1 } as object;
  assert.throws(() => presetConfig("sample", unknown), /stepz/);
});
