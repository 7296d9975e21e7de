import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { readCheckpoint, restore } from "../../lib/training/checkpoint.ts";
import { modelTensors } from "../../lib/systems/system.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { type Judged, readTensors, trainLoop } from "../../lib/training/loop.ts";
import { type MetricsRecord, readDevLog } from "../../lib/training/run_logs.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { temporaryFolder } from "../temporary.ts";
import { createRun } from "../../lib/training/run_folder.ts";
import { tinyTraining } from "./tiny.ts";

await useBackend("wasm");

const withoutSeconds = (records: MetricsRecord[]) => records.map(({ seconds: _, ...record }) => record);

Deno.test("the loop lowers the loss, logs every step, keeps the best checkpoint, and leaks no tensor", async () => {
  const before = tf.memory().numTensors;
  const training = await tinyTraining({ steps: 80, learningRate: 0.01 });
  const atStart = tf.memory().numTensors;
  const evaluations: { step: number; score: number; isBest: boolean }[] = [];
  const outcome = await trainLoop(training, { onEvaluation: (evaluation) => evaluations.push(evaluation) });
  assert.equal(outcome.complete, true);
  // The optimizer has two moments a parameter; nothing else is left.
  assert.equal(tf.memory().numTensors, atStart + 2 * training.model.parameters.size);
  const records = await readJsonLines<MetricsRecord>(training.folder.metrics);
  assert.deepEqual(records.map(({ step }) => step), Array.from({ length: 80 }, (_, index) => index + 1));
  const mean = (part: MetricsRecord[]) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
  assert.ok(mean(records.slice(-8)) < mean(records.slice(0, 8)) - 0.3, "the loss falls");
  for (const key of ["outer", "inner", "learningRate", "gradientNorm", "temperature", "seconds"]) {
    assert.ok(records.every((record) => Number.isFinite(record[key])), key);
  }
  assert.deepEqual(
    await readDevLog(training.folder.dev),
    evaluations.map(({ step, score }) => ({ step, recall: score })),
    "every evaluation is written down",
  );
  const best = evaluations.reduce((a, b) => b.score > a.score ? b : a);
  assert.deepEqual(outcome.best, { step: best.step, score: best.score });
  assert.equal((await readCheckpoint(training.folder.best, training.identity)).step, best.step);
  assert.deepEqual(
    (await readCheckpoint(training.folder.last, training.identity)).parameters,
    await readTensors(training.model.parameters),
  );
  training.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a run that is stopped and continued ends with the very numbers of the unbroken run", async () => {
  await continues("full", [1, 4, 7, 11]);
});

Deno.test("running statistics are stored and continue too", async () => {
  await continues("speechclip-c", [4]);
});

async function continues(variant: Variant, stops: readonly number[]): Promise<void> {
  const of = { variant };
  const whole = await tinyTraining({}, of);
  const { secondsPerStep, ...outcome } = await trainLoop(whole);
  assert.ok(secondsPerStep! > 0);
  const expected = await readTensors(modelTensors(whole.model));
  const moments = await whole.optimizer.state();
  const lines = withoutSeconds(await readJsonLines<MetricsRecord>(whole.folder.metrics));
  const dev = await readDevLog(whole.folder.dev);
  assert.ok(dev.length > 1);

  for (const stopAfter of stops) {
    const first = await tinyTraining({}, of);
    assert.equal((await trainLoop(first, { stopAfter })).complete, false);
    first.dispose();
    const second = await tinyTraining({}, { ...of, folder: await temporaryFolder() });
    const training = { ...second, folder: first.folder };
    const from = await restore(training, first.folder.last);
    assert.equal(from.step, stopAfter);
    const { secondsPerStep: _, ...continued } = await trainLoop(training, { from });
    assert.deepEqual(continued, outcome);
    assert.deepEqual(await readTensors(modelTensors(second.model)), expected, `stopped after ${stopAfter}`);
    assert.deepEqual(await second.optimizer.state(), moments);
    assert.deepEqual(withoutSeconds(await readJsonLines<MetricsRecord>(first.folder.metrics)), lines);
    assert.deepEqual(await readDevLog(first.folder.dev), dev);
    second.dispose();
  }
  whole.dispose();
}

Deno.test("a killed run continues from its last checkpoint, and what it logged after that is written anew", async () => {
  const whole = await tinyTraining();
  await trainLoop(whole);
  const killed = await tinyTraining();
  const evaluate = killed.evaluate;
  const dies = (): Promise<number> => killed.optimizer.steps >= 8 ? Promise.reject(new Error("killed")) : evaluate();
  await assert.rejects(trainLoop({ ...killed, evaluate: dies }), /killed/);
  killed.dispose();
  const second = await tinyTraining();
  const training = { ...second, folder: killed.folder };
  const from = await restore(training, killed.folder.last);
  assert.equal(from.step, 5);
  await trainLoop(training, { from });
  assert.deepEqual(await readTensors(second.model.parameters), await readTensors(whole.model.parameters));
  const steps = (await readJsonLines<MetricsRecord>(killed.folder.metrics)).map(({ step }) => step);
  assert.deepEqual(steps, Array.from({ length: 12 }, (_, index) => index + 1));
  assert.deepEqual(await readDevLog(killed.folder.dev), await readDevLog(whole.folder.dev));
  whole.dispose();
  second.dispose();
});

Deno.test("a loss that is no number stops the run, names the step, and the last good checkpoint stays", async () => {
  const training = await tinyTraining({ steps: 30 });
  const examples = [...training.examples];
  await trainLoop(training, { stopAfter: 6 });
  const good = await readCheckpoint(training.folder.last, training.identity);
  const first = examples[0] as typeof examples[number];
  const ruined = examples.map((example) => ({
    ...example,
    states: { ...first.states!, values: () => Promise.resolve(new Float32Array(200).fill(NaN)) },
  }));
  await assert.rejects(
    trainLoop({ ...training, examples: ruined }, { from: good }),
    (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /not finite at step 7/);
      assert.match(error.message, /checkpoint is from step 6/);
      return true;
    },
  );
  assert.deepEqual(await readCheckpoint(training.folder.last, training.identity), good);
  training.dispose();
});

Deno.test("an image that cannot be read is skipped in its batches and reported once", async () => {
  const { pixels } = await import("./tiny.ts").then((module) => module.tinyExamples(20));
  const read = (path: string): Promise<Float32Array> =>
    path === "picture-4.png" ? Promise.reject(new InputError("it is empty")) : Promise.resolve(pixels.get(path)!);
  const training = await tinyTraining({ steps: 10 }, { read });
  assert.equal((await trainLoop(training)).complete, true);
  assert.deepEqual(training.skipped.entries, [{ kind: "picture", path: "picture-4.png", reason: "it is empty" }]);
  training.dispose();
});

Deno.test("a fixed temperature stays; a signal stops the loop after the step under way", async () => {
  const controller = new AbortController();
  const training = await tinyTraining({ temperature: "fixed", steps: 50 });
  const temperatures: number[] = [];
  const onStep = ({ step, temperature }: MetricsRecord): void => {
    temperatures.push(temperature);
    if (step === 10) controller.abort();
  };
  const outcome = await trainLoop(training, { signal: controller.signal, onStep });
  assert.equal(outcome.complete, false);
  assert.equal((await readCheckpoint(training.folder.last, training.identity)).step, outcome.step);
  assert.equal(outcome.step, 10);
  for (const temperature of temperatures) assert.ok(Math.abs(temperature - 0.07) < 1e-6);
  training.dispose();
});

Deno.test("a twin of a run gets the checkpoints and evaluations that it has if it is trained alone", async () => {
  const other = (training: Judged) => async () => 100 - await training.evaluate();
  const alone = await tinyTraining({}, { variant: "speechclip-h-parallel" });
  const outcome = await trainLoop({ ...alone, evaluate: other(alone) });
  for (const stopAfter of [Infinity, 5]) {
    const own = await tinyTraining({}, { variant: "speechclip-h" });
    const folder = await createRun(join(await temporaryFolder(), "twin"), alone.config);
    const twin = { folder, identity: alone.identity, evaluate: other(own), best: null };
    const { step } = await trainLoop({ ...own, twins: [twin] }, { stopAfter });
    if (stopAfter === 5) {
      const from = await readCheckpoint(own.folder.last, own.identity);
      const { best } = await readCheckpoint(folder.last, alone.identity);
      assert.equal(from.step, step);
      const second = await tinyTraining({}, { variant: "speechclip-h" });
      const again = { ...second, folder: own.folder };
      await restore(again, own.folder.last);
      await trainLoop({ ...again, twins: [{ ...twin, evaluate: other(second), best }] }, { from });
      second.dispose();
    }
    for (const part of ["last", "best"] as const) {
      const expected = await readCheckpoint(alone.folder[part], alone.identity);
      assert.deepEqual(await readCheckpoint(folder[part], alone.identity), expected);
    }
    assert.deepEqual(await readDevLog(folder.dev), await readDevLog(alone.folder.dev));
    assert.notDeepEqual(await readDevLog(own.folder.dev), await readDevLog(folder.dev));
    own.dispose();
  }
  assert.notEqual(outcome.best, null);
  alone.dispose();
});
