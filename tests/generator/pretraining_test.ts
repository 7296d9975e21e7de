import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "@std/path";
import { Random } from "../../lib/random.ts";
import { AdamW } from "../../data/generator/adamw.ts";
import {
  cosineRate,
  formatTime,
  progressLine,
  restoreCheckpoint,
  saveCheckpoint,
} from "../../data/generator/pretraining.ts";
import { temporaryFolder } from "../temporary.ts";

function toyModel(): { variables: Map<string, tf.Variable>; optimizer: AdamW; dispose(): void } {
  const variables = new Map<string, tf.Variable>([
    ["weight", tf.tidy(() => tf.variable(tf.tensor2d([[1, 2], [3, 4]])))],
    ["bias", tf.tidy(() => tf.variable(tf.tensor1d([0.5, -0.5])))],
  ]);
  const optimizer = new AdamW(variables);
  return {
    variables,
    optimizer,
    dispose(): void {
      optimizer.dispose();
      variables.forEach((variable) => variable.dispose());
    },
  };
}

function toyStep(model: ReturnType<typeof toyModel>, random: Random): void {
  const gradients = new Map([...model.variables].map(([name, variable]) => {
    return [name, tf.tidy(() => tf.add(variable, random.normal()))] as [string, tf.Tensor];
  }));
  model.optimizer.step(gradients, 0.05).dispose();
  gradients.forEach((gradient) => gradient.dispose());
}

Deno.test("a run resumed from a checkpoint ends as the unbroken one, bit by bit, without leaks", async () => {
  await tf.setBackend("cpu");
  const directory = await temporaryFolder();
  const path = join(directory, "checkpoint.safetensors");
  const before = tf.memory().numTensors;
  try {
    const unbroken = toyModel();
    const random = new Random(1);
    for (let step = 0; step < 7; step++) {
      if (step === 3) {
        await saveCheckpoint(path, unbroken.variables, unbroken.optimizer, { step, random: random.state });
      }
      toyStep(unbroken, random);
    }
    const resumed = toyModel();
    const state = await restoreCheckpoint(path, resumed.variables, resumed.optimizer);
    assert.equal(state?.step, 3);
    const continued = new Random(99);
    continued.state = state!.random;
    for (let step = 3; step < 7; step++) toyStep(resumed, continued);
    for (const [name, variable] of unbroken.variables) {
      assert.deepEqual([...await resumed.variables.get(name)!.data()], [...await variable.data()]);
    }
    unbroken.dispose();
    resumed.dispose();
    assert.equal(tf.memory().numTensors, before);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a checkpoint of another model is refused by the name of its tensor; none is no error", async () => {
  await tf.setBackend("cpu");
  const directory = await temporaryFolder();
  const path = join(directory, "checkpoint.safetensors");
  const model = toyModel();
  try {
    assert.equal(await restoreCheckpoint(path, model.variables, model.optimizer), undefined);
    await saveCheckpoint(path, model.variables, model.optimizer, { step: 0, random: new Random(1).state });
    const bias = model.variables.get("bias")!;
    const fewer = new Map([["weight", model.variables.get("weight")!]]);
    await assert.rejects(restoreCheckpoint(path, fewer, model.optimizer), /'bias', which this model has not/);
    const more = new Map([...model.variables, ["scale", bias]]);
    await assert.rejects(restoreCheckpoint(path, more, model.optimizer), /'scale' is missing/);
  } finally {
    model.dispose();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the rate rises, holds and falls to its floor", () => {
  const schedule = { peak: 2, warmUp: 10, steps: 100, hold: 0.5, floor: 0.1 };
  const rates = Array.from({ length: 101 }, (_, step) => cosineRate(step, schedule));
  assert.equal(rates[9], 2);
  assert.equal(rates[50], 2);
  assert.ok(Math.abs(rates[75]! - 1.05) < 1e-9);
  assert.ok(Math.abs(rates[100]! - 0.1) < 1e-9);
  for (let step = 51; step <= 100; step++) assert.ok(rates[step]! < rates[step - 1]!);
});

Deno.test("a progress line shows the rate of this process and the remaining time", () => {
  const line = progressLine({ step: 300, steps: 1000, first: 100, elapsed: 100 }, { loss: 1.5, rate: 0.0008 });
  assert.equal(line, "step 300/1000 (30.0 %)  loss 1.500  rate 8.0e-4  2.000 steps/s  5:50 left");
  assert.equal(formatTime(3723), "1:02:03");
  assert.equal(formatTime(Infinity), "?");
});
