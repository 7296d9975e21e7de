import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Pair } from "../../lib/data/pair.ts";
import { findStored, planData } from "../../lib/experiments/dry_run_inputs.ts";
import {
  formatPlan,
  type MemoryFacts,
  planDisk,
  planMemory,
  planTime,
  type TimeFacts,
} from "../../lib/experiments/dry_run_plan.ts";
import { stepBytes, type Work } from "../../lib/experiments/dry_run.ts";
import { silent } from "../../lib/experiments/report.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { stampOf } from "../../lib/whisper/read_recordings.ts";
import { SpeechStore } from "../../lib/whisper/store/speech_store.ts";
import * as tf from "@tensorflow/tfjs-core";
import { inFolder } from "../helpers.ts";
import { readBatch } from "../../lib/training/examples.ts";
import { trainingStep } from "../../lib/training/loop.ts";
import { tinyTraining } from "../training/tiny.ts";

const config = { dataset: "own", dataRoot: "x.csv", variant: "full", steps: 10, batchSize: 4 } as const;

Deno.test("pairs are counted by split; missing files and known problems are reported, an empty split is lacking", async () => {
  await inFolder(async (folder) => {
    const pairs: Pair[] = ["a", "b", "c", "d", "e"].map((id, i) => ({
      id,
      imageId: i === 1 ? "a" : id,
      image: join(folder, `${i === 1 ? "a" : id}.jpg`),
      audio: join(folder, `${id}.wav`),
      text: id === "a" ? "" : "a cat",
      speaker: "",
      split: i < 4 ? "train" : "test",
    }));
    for (const name of ["a.jpg", "c.jpg", "d.jpg", "e.jpg", "a.wav", "b.wav", "d.wav", "e.wav"]) {
      await Deno.writeTextFile(join(folder, name), "");
    }
    const problemOf = (file: string) => Promise.resolve(file.endsWith("d.wav") ? "it is silent" : undefined);
    const { part, splits } = await planData(config, pairs, { problemOf, size: 7 });
    assert.deepEqual(splits.train.map(({ id }) => id), ["a", "b"]);
    assert.ok(part.lines.includes("train: 1 images, 2 recordings, 1 written captions"), part.lines.join("\n"));
    assert.ok(part.lines.includes("test: 1 images, 1 recordings, 1 written captions"));
    const skipped = part.lines.find((line) => line.startsWith("skipped"));
    assert.match(skipped!, /^skipped 2 files: .*d\.wav \(it is silent\), .*c\.wav \(it does not exist\)$/);
    assert.equal(part.lacking.length, 1);
    assert.match(part.lacking[0]!, /split 'dev' of 'own' has no usable pair/);
  });
});

const transcription = { recordings: 3, seconds: 7200, known: 3, bytes: 8e9, free: 9e9 };

Deno.test("what will be written is compared with the free space", async () => {
  const fits = await planDisk(transcription, { stored: 2, folder: "runs/heard/x", trained: 1e6 });
  assert.deepEqual(fits.lacking, []);
  assert.ok(fits.lines.includes("2 recordings are stored in runs/heard/x"));
  assert.ok(fits.lines.includes("checkpoints: 24.0 MB"), "two of value and two moments of four bytes");
  const none = await planDisk({ ...transcription, recordings: 0, bytes: 0 }, { stored: 5, folder: "x", trained: 0 });
  assert.deepEqual(none.lines, ["5 recordings are stored in x", "nothing to transcribe", "checkpoints: 0 B"]);
  const full = await planDisk({ ...transcription, free: 8.01e9 }, { stored: 2, folder: "runs/heard/x", trained: 1e6 });
  assert.match(full.lacking[0]!, /about 8\.0 GB will be written and 8\.0 GB are free: .*--no-cache/);
});

const memory: MemoryFacts = {
  backend: { name: "wasm" },
  stepBytes: 3e9,
  heldBytes: 1e9,
  imageBytes: 5e8,
  processBytes: 2e9,
  available: 4e9,
  batchSize: 32,
  microBatch: null,
};

Deno.test("memory is the process, a step's tensors and the cached images; the wasm heap has its own limit", () => {
  const fits = planMemory(memory);
  assert.deepEqual(fits.lacking, []);
  assert.ok(
    fits.lines.some((line) => line.includes("about 4.5 GB, 2.5 GB more than now; 4.0 GB are free")),
    fits.lines.join("\n"),
  );
  assert.match(
    planMemory({ ...memory, available: 2.4e9 }).lacking[0]!,
    /about 2\.5 GB more memory are needed and 2\.4 GB/,
  );
  assert.match(
    planMemory({ ...memory, stepBytes: 4.4e9, available: 1e12 }).lacking[0]!,
    /memory ends at 4\.3 GB: .*than 32/,
  );
  const gpu = planMemory({ ...memory, backend: { name: "webgpu" }, stepBytes: 4.4e9, available: 6e8 });
  assert.deepEqual(gpu.lacking, [], "only the images are on the host");
  assert.deepEqual(planMemory({ ...memory, available: undefined }).lacking, []);
});

Deno.test("a step's memory is extrapolated from two small ones", async () => {
  await useBackend("wasm");
  const training = await tinyTraining();
  const before = tf.memory().numTensors;
  const work = (change: Partial<Work["config"]>): Work => ({
    ...training,
    config: { ...training.config, ...change },
    report: silent,
  });
  const bytes = async (change: Partial<Work["config"]>): Promise<number> => (await stepBytes(work(change)))!;
  const [four, eight, sixteen] = [
    await bytes({ batchSize: 4 }),
    await bytes({ batchSize: 8 }),
    await bytes({ batchSize: 16 }),
  ];
  assert.ok(four < eight && eight < sixteen, `${four}, ${eight}, ${sixteen}`);
  assert.ok(Math.abs((sixteen - eight) / (eight - four) - 2) < 1e-6, "as much more for each pair");
  assert.equal(await bytes({ batchSize: 16, microBatch: 4 }), four);
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  const batch = (await readBatch(training.examples.slice(0, 16), training.images))!;
  const { peakBytes } = await tf.profile(() => {
    const { losses, gradientNorm } = trainingStep(training.model, batch, training.optimizer, {
      learningRate: 0,
      dropoutSeed: 1,
    });
    tf.dispose([...Object.values(losses), gradientNorm]);
  });
  batch.dispose();
  assert.ok(sixteen > 0.8 * peakBytes && sixteen < 1.25 * peakBytes, `${sixteen}, really ${peakBytes}`);
  assert.ok(four > tf.memory().numBytes, "more than the towers");
  assert.equal(await stepBytes(work({ variant: "pip-zero-shot" })), undefined);
  training.dispose();
});

const time: TimeFacts = {
  config: { steps: 1000, batchSize: 32, evaluateEvery: 300 },
  transcription: { recordings: 100, seconds: 3600 },
  few: { newRecordings: 8, seconds: 80, elapsed: 8 },
  steps: [9, 0.5, 0.7],
  evaluation: { image: 0.01, recording: 0.02 },
  splits: { dev: { images: 10, recordings: 50 }, test: { images: 100, recordings: 500 } },
  baselines: 3,
};

Deno.test("time is extrapolated from a few recordings and steps", () => {
  const { lines } = planTime(time);
  assert.match(lines[0]!, /^transcribe 100 recordings, 1\.00 h: about 6 min 0 s \(8 recordings at 10 s/);
  assert.match(lines[1]!, /^train 1000 steps of 32: about 10 min 0 s/, "the first step does not count");
  // 5 x (0.1 + 1) and 4 x (1 + 10) seconds.
  assert.match(lines[2]!, /^evaluate 5 x dev, 4 x test: about 50 s/);
  assert.match(lines[3]!, /^total: about 16 min 50 s/);
  const zeroShot = planTime({ ...time, steps: [], transcription: { recordings: 0, seconds: 0 } }).lines;
  assert.deepEqual(zeroShot.map((line) => line.split(":")[0]), ["transcribe", "evaluate 0 x dev, 3 x test", "total"]);
  assert.match(
    planTime({ ...time, transcription: { recordings: 3, seconds: undefined } }).lines[0]!,
    /of unknown length/,
  );
});

Deno.test("stored transcripts are found without writing; what other needs lack is missing", async () => {
  await inFolder(async (folder) => {
    const root = join(folder, "heard");
    const files = ["a.wav", "b.wav", "c.wav"].map((name) => join(folder, name));
    for (const file of files) await Deno.writeTextFile(file, file);
    const pairs = [...files, files[0]!].map((audio) => ({ audio, seconds: 2 }));
    const wanted = { states: true, maxSeconds: 120 };
    assert.equal((await findStored(pairs, "key", wanted, { root })).missing.length, 3);
    await assert.rejects(Deno.stat(root), Deno.errors.NotFound);

    const store = await SpeechStore.open({ folder: storeFolder(root, "key"), key: "key", label: "" });
    const line = async (file: string) => ({ ...(await stampOf(file))!, content: file, text: "a cat", samples: 32000 });
    const states = { values: new Float16Array(100 * 2), frames: 100, width: 2 };
    await store.add(await line(files[0]!), states);
    await store.add(await line(files[1]!));
    await store.release();
    store.close();
    const found = await findStored(pairs, "key", wanted, { root });
    assert.deepEqual([...found.lines.keys()], [files[0]]);
    assert.deepEqual(found.missing, files.slice(1).map((audio) => ({ audio, seconds: 2 })));
    const words = await findStored(pairs, "key", { ...wanted, states: false }, { root });
    assert.deepEqual([...words.lines.keys()], files.slice(0, 2));
    assert.equal((await findStored(pairs, "other", wanted, { root })).missing.length, 3);
    assert.equal((await findStored(pairs, "key", wanted, { root, cache: false })).missing.length, 3);
  });
});

Deno.test("a plan is its parts' lines and then what is lacking", () => {
  const parts = [{ name: "data", lines: ["one", "two"], lacking: ["x"] }, { name: "disk", lines: [], lacking: ["y"] }];
  assert.equal(formatPlan(parts), "data  one\n      two\n\nlacking:\n- x\n- y");
  assert.match(formatPlan([{ name: "data", lines: ["one"], lacking: [] }]), /\n\nnothing is lacking$/);
});
