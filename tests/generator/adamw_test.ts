import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { AdamW } from "../../data/generator/adamw.ts";
import { Random } from "../../lib/random.ts";

const SHAPES: [string, number[]][] = [["matrix", [3, 4]], ["bias", [4]], ["scale", []]];

function draw(random: Random, size: number): number[] {
  return Array.from({ length: size }, () => random.normal());
}

Deno.test("AdamW takes the steps of the plain formula", async () => {
  await tf.setBackend("cpu");
  const random = new Random(3);
  const variables = new Map(SHAPES.map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return [name, tf.variable(tf.tensor(draw(random, size), shape))] as [string, tf.Variable];
  }));
  const naive = new Map<string, { w: number[]; m: number[]; v: number[] }>();
  for (const [name, variable] of variables) {
    const w = [...await variable.data()];
    naive.set(name, { w, m: w.map(() => 0), v: w.map(() => 0) });
  }
  const optimizer = new AdamW(variables, { weightDecay: 0.1, clipNorm: 2 });
  for (let step = 1; step <= 4; step++) {
    const rate = 0.01 * step;
    const gradients = new Map([...naive].map(([name, { w }]) => [name, draw(random, w.length)]));
    const norm = Math.sqrt([...gradients.values()].flat().reduce((sum, g) => sum + g * g, 0));
    const scale = Math.min(1, 2 / norm);
    for (const [name, { w, m, v }] of naive) {
      for (let i = 0; i < w.length; i++) {
        const g = scale * gradients.get(name)![i]!;
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.98 * v[i]! + 0.02 * g * g;
        if (name === "matrix") w[i]! -= rate * 0.1 * w[i]!;
        w[i]! -= rate * (m[i]! / (1 - 0.9 ** step)) / (Math.sqrt(v[i]! / (1 - 0.98 ** step)) + 1e-8);
      }
    }
    const tensors = new Map([...gradients].map(([name, g]) => [name, tf.tensor(g, variables.get(name)!.shape)]));
    const seen = optimizer.step(tensors, rate);
    assert.ok(Math.abs((await seen.data())[0]! - norm) < 1e-4 * norm);
    seen.dispose();
    tensors.forEach((tensor) => tensor.dispose());
  }
  for (const [name, { w }] of naive) {
    const got = [...await variables.get(name)!.data()];
    got.forEach((value, i) => assert.ok(Math.abs(value - w[i]!) < 1e-5, `${name}[${i}]: ${value} against ${w[i]}`));
  }
  optimizer.dispose();
  variables.forEach((variable) => variable.dispose());
});

Deno.test("a restored AdamW continues as the unbroken one, and nothing leaks", async () => {
  await tf.setBackend("cpu");
  const before = tf.memory().numTensors;
  const run = async (breakAt: number): Promise<number[]> => {
    const weight = tf.tidy(() => tf.variable(tf.tensor1d([1, -2, 3])));
    let optimizer = new AdamW(new Map([["weight", weight]]));
    for (let step = 0; step < 6; step++) {
      if (step === breakAt) {
        const state = await optimizer.save();
        optimizer.dispose();
        optimizer = new AdamW(new Map([["weight", weight]]));
        optimizer.restore(state);
      }
      const gradient = tf.mul(weight, 2);
      optimizer.step(new Map([["weight", gradient]]), 0.1).dispose();
      gradient.dispose();
    }
    const result = [...await weight.data()];
    optimizer.dispose();
    weight.dispose();
    return result;
  };
  assert.deepEqual(await run(3), await run(-1));
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("AdamW refuses what does not belong to it", async () => {
  await tf.setBackend("cpu");
  const weight = tf.variable(tf.tensor1d([1]));
  const optimizer = new AdamW(new Map([["weight", weight]]));
  assert.throws(() => optimizer.step(new Map([["other", weight]]), 0.1), /'other' is no variable/);
  assert.throws(
    () => optimizer.restore({ steps: 1, mean: new Float32Array(2), square: new Float32Array(2) }),
    /2 weights/,
  );
  assert.throws(() => new AdamW(new Map()), /0 variables/);
  optimizer.dispose();
  weight.dispose();
});
