import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { Adam } from "../../lib/training/optimizer.ts";
import { clipByNorm } from "../../lib/training/loop.ts";

await useBackend("cpu");

const variable = (values: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));

/** The definition of torch.optim.Adam, number by number. */
function naiveAdam(start: number[], gradients: number[][], rates: number[], decay: number): number[] {
  const values = [...start];
  const [m, v] = [values.map(() => 0), values.map(() => 0)];
  gradients.forEach((gradient, step) => {
    gradient.forEach((raw, i) => {
      const g = raw + decay * values[i]!;
      m[i] = 0.9 * m[i]! + 0.1 * g;
      v[i] = 0.999 * v[i]! + 0.001 * g * g;
      const mean = m[i]! / (1 - 0.9 ** (step + 1));
      const square = v[i]! / (1 - 0.999 ** (step + 1));
      values[i]! -= rates[step]! * mean / (Math.sqrt(square) + 1e-8);
    });
  });
  return values;
}

Deno.test("Adam equals its definition, is continued exactly, and leaks nothing", async () => {
  const random = new Random(3);
  const start = Array.from({ length: 5 }, () => random.normal());
  const gradients = Array.from({ length: 20 }, () => start.map(() => random.normal()));
  const rates = gradients.map((_, step) => 0.01 / (1 + step));
  const before = tf.memory().numTensors;
  for (const decay of [0, 0.1]) {
    const unbroken = variable(start);
    const broken = variable(start);
    const optimizer = new Adam({ weightDecay: decay });
    let other = new Adam({ weightDecay: decay });
    for (const [step, gradient] of gradients.entries()) {
      const tensor = tf.tensor1d(gradient);
      optimizer.apply(new Map([["a.b", unbroken]]), new Map([["a.b", tensor]]), rates[step]!);
      other.apply(new Map([["a.b", broken]]), new Map([["a.b", tensor]]), rates[step]!);
      tensor.dispose();
      if (step % 7 === 0) {
        const state = await other.state();
        other.dispose();
        other = new Adam({ weightDecay: decay });
        other.restore(state);
        assert.equal(other.steps, step + 1);
      }
    }
    const values = await unbroken.data();
    naiveAdam(start, gradients, rates, decay).forEach((value, i) => assert.ok(Math.abs(values[i]! - value) < 1e-6));
    assert.deepEqual(await broken.data(), values);
    optimizer.dispose();
    other.dispose();
    tf.dispose([unbroken, broken]);
  }
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
});

Deno.test("a step within a tidy keeps its moments for the next one", async () => {
  const parameters = new Map([["a", variable([1, -2])]]);
  const adam = new Adam({ weightDecay: 0 });
  for (const gradient of [[0.5, -1], [0.25, 2], [1, 1]]) {
    tf.tidy(() => adam.apply(parameters, new Map([["a", tf.tensor1d(gradient)]]), 0.1));
  }
  const expected = naiveAdam([1, -2], [[0.5, -1], [0.25, 2], [1, 1]], [0.1, 0.1, 0.1], 0);
  const values = await parameters.get("a")!.data();
  expected.forEach((value, i) => assert.ok(Math.abs(values[i]! - value) < 1e-5));
  adam.dispose();
});

Deno.test("a wrong option, an unknown parameter and half a state are refused", () => {
  assert.throws(() => new Adam({ betas: [1, 0.9] }), /'betas\[0\]' must be in \[0, 1\): current value is 1/);
  assert.throws(() => new Adam({ epsilon: 0 }), /'epsilon' must be positive/);
  assert.throws(() => new Adam({ weightDecay: -1 }), /'weightDecay' must not be negative/);
  const gradient = tf.tensor1d([1]);
  assert.throws(() => new Adam().apply(new Map(), new Map([["x", gradient]]), 0.1), /no parameter 'x'/);
  gradient.dispose();
  const half = { steps: 1, moments: new Map([["first.x", { shape: [1], data: new Float32Array(1) }]]) };
  assert.throws(() => new Adam().restore(half), /moments of 'x' are incomplete/);
});

Deno.test("gradients above the limit are scaled to it together, others are left alone", async () => {
  const gradients = new Map<string, tf.Tensor>([["a", tf.tensor1d([3, 0])], ["b", tf.tensor2d([[0, 4]])]]);
  const before = tf.memory().numTensors;
  for (const [limit, factor] of [[1, 0.2], [5.1, 1], [100, 1]] as const) {
    const { norm, gradients: clipped } = clipByNorm(gradients, limit);
    assert.equal((await norm.data())[0], 5);
    assert.deepEqual(clipped.get("b")!.shape, [1, 2]);
    assert.ok(Math.abs((await clipped.get("a")!.data())[0]! - 3 * factor) < 1e-5);
    assert.ok(Math.abs((await clipped.get("b")!.data())[1]! - 4 * factor) < 1e-5);
    tf.dispose([norm, ...clipped.values()]);
  }
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  tf.dispose([...gradients.values()]);
});
