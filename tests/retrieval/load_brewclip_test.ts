/** Recordings, texts and images embedded by a loaded model: the numbers of the evaluation, without its data set. */
import assert from "node:assert/strict";
import { join, relative } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { AudioError, readAudio } from "../../lib/audio/read_audio.ts";
import { InputError } from "../../lib/errors.ts";
import { ensureRun } from "../../lib/experiments/train_run.ts";
import { splitFeatures } from "../../lib/experiments/evaluate.ts";
import { openTrained } from "../../lib/experiments/job.ts";
import { examplesFor } from "../../lib/experiments/pairs.ts";
import { silent } from "../../lib/experiments/report.ts";
import { loadBrewClip, type RetrievalModel } from "../../lib/retrieval/load_brewclip.ts";
import { Embeddings } from "../../lib/retrieval/rank.ts";
import type { ModelNames } from "../../lib/retrieval/source.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import type { RunConfig } from "../../lib/training/config.ts";
import { temporaryFolder } from "../temporary.ts";
import { SAMPLE_MODELS, samplePairs } from "./sample_pairs.ts";

const frozen: ModelNames = { ...SAMPLE_MODELS };
const folder = await temporaryFolder("brewclip-retrieval-");
const pairs = await samplePairs(folder, 10);

/** A run of two steps on the pairs. */
async function trained(name: string, changes: Partial<RunConfig>): Promise<string> {
  const path = join(folder, "runs", name);
  const fast = { steps: 2, batchSize: 4, warmupSteps: 1, evaluateEvery: 2, saveEvery: 2, backend: "wasm" } as const;
  const acoustic = { heads: 4, feedforward: 64, dropout: 0.1 };
  const config = { ...presetConfig("own"), dataRoot: pairs.list, ...SAMPLE_MODELS, acoustic, ...fast, ...changes };
  await ensureRun(config, path, { report: silent });
  return path;
}

function near(actual: Float32Array, expected: Float32Array, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const off = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  assert.ok(off <= 1e-5, `${what}: off by ${off}`);
}

const RUNS: [name: string, changes: Partial<RunConfig>][] = [
  ["pip", { variant: "pip" }],
  ["e2e", { variant: "e2e", audioSeconds: 1.5, prompts: "separate" }],
  ["full", { variant: "full", fusion: "confidence", transcripts: 3, learningRate: 0.3, acousticLearningRate: 1e-3 }],
  ["full-other", { variant: "full", audioSeconds: 1, longText: "windows", imageFit: "pad", fusion: "gated" }],
];

for (const [name, changes] of RUNS) {
  Deno.test(`a run of ${name} embeds recordings and images as its evaluation does`, async () => {
    const path = await trained(name, changes);
    await using evaluated = await openTrained(path, { splits: ["train"], report: silent });
    const { job, model: inner } = evaluated;
    const examples = examplesFor(job, "train", inner.variant);
    const expected = await splitFeatures(inner, examples, job.data.images);

    const before = tf.memory().numTensors;
    const model = await loadBrewClip(path);
    const loaded = tf.memory().numTensors;
    assert.deepEqual([model.variant, model.step, model.width], [changes.variant, 2, expected.width]);
    const recordings = job.data.splits.train.map(({ pair }) => pair.audio);
    const speech = await model.embedAudio(recordings, { batchSize: 3 });
    near(speech.data, expected.speech, "recordings");
    await model.embedText(["a green ball", ""]);
    assert.equal(tf.memory().numTensors, loaded, "speech and text need no vision tower, and nothing is kept");
    const images = await model.embedImages(examples.map(({ image }) => image), { batchSize: 4 });
    near(images.data, expected.images, "images");
    const whole = tf.memory().numTensors;
    assert.ok(whole > loaded, "images need it");
    const [samples] = await model.embedAudio([await readAudio(recordings[0]!)]);
    near(samples!, [...speech][0]!, "samples");
    await model.embedImages(examples.slice(0, 1).map(({ image }) => image));
    assert.equal(tf.memory().numTensors, whole, "nothing is kept between calls");
    await model.dispose();
    assert.equal(tf.memory().numTensors, before, "nothing is kept after disposal");
  });
}

Deno.test("the typed transcript of a recording is the recording for a variant of words alone", async () => {
  const path = await trained("pip", { variant: "pip" });
  await using evaluated = await openTrained(path, { splits: ["test"], report: silent });
  await using model = await loadBrewClip(path);
  const { transcript, pair } = evaluated.job.data.splits.test[0]!;
  const [typed] = await model.embedText([transcript]);
  const [spoken] = await model.embedAudio([pair.audio]);
  near(typed!, spoken!, "the text");
});

Deno.test("of a long text the first part counts, or with windows everything", async () => {
  const start = "there is a green ball in the middle and ".repeat(12);
  for (const longText of ["truncate", "windows"] as const) {
    await using model = await loadBrewClip({ ...frozen, longText }, { backend: "wasm" });
    const [one, other] = await model.embedText([`${start} a red cube`, `${start} a blue cone`]);
    const same = one!.every((value, i) => Math.abs(value - other![i]!) < 1e-5);
    assert.equal(same, longText === "truncate", longText);
  }
});

Deno.test("a run whose config has relative paths opens from any folder, from which its own is named relatively too", async () => {
  const path = await trained("pip", { variant: "pip" });
  const project = Deno.cwd();
  try {
    Deno.chdir(folder);
    await using model = await loadBrewClip(relative(folder, path));
    assert.deepEqual((await model.embedText(["a"])).shape, [1, model.width]);
  } finally {
    Deno.chdir(project);
  }
});

async function withFrozen(use: (model: RetrievalModel) => Promise<void>): Promise<void> {
  await using model = await loadBrewClip(frozen, { backend: "wasm" });
  await use(model);
}

Deno.test("embeddings have rows of length 1 in the order of the inputs, for batches of any size", () =>
  withFrozen(async (model) => {
    const files = pairs.rows.map(({ image }) => image);
    const done: [number, number][] = [];
    const all = await model.embedImages(files, { batchSize: 4, progress: (...at) => done.push(at) });
    assert.deepEqual(all.shape, [10, model.width]);
    assert.deepEqual(done, [[4, 10], [8, 10], [10, 10]]);
    for (const row of all) assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-5);
    const reversed = await model.embedImages(files.toReversed());
    near(reversed.data, new Float32Array([...all].reverse().flatMap((row) => [...row])), "the reverse");
    assert.deepEqual((await model.embedImages([])).shape, [0, model.width]);
    const [query] = all;
    const matches = model.rank(query!, all, { top: 3 });
    assert.equal(matches[0]!.index, 0);
    assert.ok(Math.abs(matches[0]!.score - 1) < 1e-5);
    assert.equal(matches.length, 3);
  }));

Deno.test("an input that cannot be used is named", () =>
  withFrozen(async (model) => {
    const missing = join(folder, "none.wav");
    await assert.rejects(model.embedAudio([pairs.rows[0]!.audio, missing]), (error) => {
      return error instanceof AudioError && error.message.includes(missing);
    });
    await assert.rejects(model.embedImages([pairs.list]), (error) => {
      return error instanceof InputError && error.message.includes(pairs.list);
    });
    const inputs: [Float32Array, RegExp][] = [
      [new Float32Array(0), /recording 1 of 1 as it has no samples/],
      [new Float32Array([0.1, NaN]), /recording 1 of 1 as sample 1 is NaN/],
    ];
    for (const [samples, message] of inputs) await assert.rejects(model.embedAudio([samples]), message);
    await assert.rejects(model.embedText(["a"], { batchSize: 0 }), /'batchSize' must be a positive whole number/);
    await assert.rejects(model.embedText(["a"], { signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  }));

Deno.test("an abort stops before the next batch; a disposed model says so", async () => {
  const model = await loadBrewClip(frozen, { backend: "wasm" });
  const stop = new AbortController();
  const texts = ["a", "b", "c"];
  const embedding = model.embedText(texts, {
    batchSize: 1,
    signal: stop.signal,
    progress: (done) => done === 2 && stop.abort(new Error("stopped")),
  });
  await assert.rejects(embedding, /stopped/);
  await model.dispose();
  await model.dispose();
  await assert.rejects(model.embedText(["a"]), /was disposed of/);
});

Deno.test("ranking checks widths, numbers and top", () =>
  withFrozen((model) => {
    const two = new Embeddings(new Float32Array([1, 0, 0, 1]), [2, 2]);
    assert.deepEqual(model.rank(new Float32Array([0, 1]), two).map(({ index }) => index), [1, 0]);
    assert.deepEqual(
      model.rank(new Float32Array([1, 1]), two).map(({ index }) => index),
      [0, 1],
      "ties keep their order",
    );
    assert.throws(() => model.rank(new Float32Array(3), two), /the query has 3 values: expected the candidates' 2/);
    assert.throws(() => model.rank(new Float32Array(2), two, { top: 0 }), /'top' must be a positive whole number/);
    assert.throws(() => model.rank(new Float32Array([NaN, 1]), two), /not a finite number/);
    return Promise.resolve();
  }));

Deno.test("a model or a run that is nowhere is refused with the folders that were searched", async () => {
  await assert.rejects(
    loadBrewClip({ ...frozen, clip: "no/such/clip/folder" }),
    (error) => error instanceof InputError && /Looked in '.*BREWCLIP_PROJECT/.test(error.message),
  );
  await assert.rejects(loadBrewClip(join(folder, "no-run")), /no config\.json/);
});

Deno.test("`using` frees the tensors at once", async () => {
  const before = tf.memory().numTensors;
  {
    using model = await loadBrewClip(frozen, { backend: "wasm" });
    assert.ok(tf.memory().numTensors > before);
    assert.equal(model.step, 0);
  }
  assert.equal(tf.memory().numTensors, before);
});
