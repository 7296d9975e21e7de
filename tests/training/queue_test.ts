import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "../../lib/runtime/backend.ts";
import { restore } from "../../lib/training/checkpoint.ts";
import { modelTensors } from "../../lib/systems/system.ts";
import { readTensors, trainLoop } from "../../lib/training/loop.ts";
import type { MetricsRecord } from "../../lib/training/run_logs.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { NegativeQueue } from "../../lib/training/queue.ts";
import { newSettings } from "../../lib/training/settings.ts";
import { temporaryFolder } from "../temporary.ts";
import { tinyTraining } from "./tiny.ts";

await useBackend("wasm");

/** A batch of `count` pairs; both sides of pair n are its number, in different units. */
function batch(from: number, count: number) {
  const numbers = Array.from({ length: count }, (_, i) => from + i);
  return {
    image: tf.tensor2d(numbers.map((n) => [n, 0])),
    speech: tf.tensor2d(numbers.map((n) => [0, n])),
    imageIds: numbers.map((n) => `image ${n}`),
  };
}

Deno.test("a queue has the last pairs, oldest first, and the same again from its state", async () => {
  const before = tf.memory().numTensors;
  const queue = new NegativeQueue(5);
  assert.equal(queue.negatives, undefined);
  assert.equal(await queue.state(), undefined);
  for (
    const [from, count, expected] of [[1, 3, [1, 2, 3]], [4, 3, [2, 3, 4, 5, 6]], [7, 9, [11, 12, 13, 14, 15]]] as const
  ) {
    const pairs = batch(from, count);
    queue.add(pairs);
    tf.dispose([pairs.image, pairs.speech]);
    const again = new NegativeQueue(5, await queue.state());
    for (const { negatives } of [queue, again]) {
      const { image, speech, imageIds } = negatives!;
      assert.deepEqual([...image.dataSync()], expected.flatMap((n) => [n, 0]));
      assert.deepEqual([...speech.dataSync()], expected.flatMap((n) => [0, n]));
      assert.deepEqual(imageIds, expected.map((n) => `image ${n}`));
    }
    again.dispose();
  }
  queue.dispose();
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
});

Deno.test("a run with a queue continues exactly; its first step is that of a run without one", async () => {
  const records = async (folder: { metrics: string }) =>
    (await readJsonLines<MetricsRecord>(folder.metrics)).map(({ seconds: _, ...record }) => record);
  const started = tf.memory().numTensors;
  const plain = await tinyTraining();
  await trainLoop(plain);
  const without = await records(plain.folder);
  plain.dispose();
  for (const change of [{ queue: 10 }, { queue: 10, microBatch: 2 }] as { queue: number; microBatch?: number }[]) {
    const whole = await tinyTraining(change);
    await trainLoop(whole);
    const expected = await readTensors(modelTensors(whole.model));
    const moments = await whole.optimizer.state();
    const lines = await records(whole.folder);
    if (change.microBatch === undefined) assert.equal(lines[0]!.loss, without[0]!.loss, "the queue is empty");
    assert.ok(lines[1]!.loss > without[1]!.loss + 0.1, "more negatives");
    for (const stopAfter of [1, 7]) {
      const first = await tinyTraining(change);
      await trainLoop(first, { stopAfter });
      first.dispose();
      const second = await tinyTraining(change, { folder: await temporaryFolder() });
      const training = { ...second, folder: first.folder };
      const from = await restore(training, first.folder.last);
      assert.deepEqual(from.queue!.image.shape, [Math.min(10, 6 * stopAfter), 12]);
      await trainLoop(training, { from });
      assert.deepEqual(await readTensors(modelTensors(second.model)), expected, `stopped after ${stopAfter}`);
      assert.deepEqual(await second.optimizer.state(), moments);
      assert.deepEqual(await records(first.folder), lines);
      second.dispose();
    }
    whole.dispose();
  }
  assert.equal(tf.memory().numTensors, started, "leaked tensors");
});

Deno.test("a queue is refused where it does nothing", () => {
  const refused = (options: object, message: RegExp) =>
    assert.throws(() => newSettings({ queue: 64, ...options }), { name: "InputError", message });
  refused({ loss: "sigmoid" }, /--queue 64 as the sigmoid loss asks of each pair alone.*Omit it/);
  refused({ variant: "pip-zero-shot" }, /'pip-zero-shot' is not trained/);
  for (const system of ["milan", "resdavenet", "fast-vgs-co", "speechclip-h"]) {
    refused({ system }, /'--queue' is for brewclip, speechclip-p, speechclip-c\./);
  }
  for (const system of ["brewclip", "speechclip-p", "speechclip-c"]) {
    assert.equal(newSettings({ system, queue: 64 }).queue, 64);
  }
});
