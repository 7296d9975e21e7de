import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { parseClipConfig } from "../../lib/clip/config.ts";
import { encodeAcoustic } from "../../lib/systems/acoustic_branch.ts";
import { type AcousticConfig, acousticConfig } from "../../lib/systems/acoustic_config.ts";
import { initializeParameters, parameterShapes } from "../../lib/systems/parameters.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { ACTIVATIONS, add, attend, linear, type Matrix, norm, type Weights } from "../clip/naive.ts";
import { alongRandomDirection } from "../helpers.ts";

await useBackend("cpu");

const config: AcousticConfig = { whisperWidth: 6, promptLength: 3, heads: 2, feedforward: 10, dropout: 0.5 };
const clip = parseClipConfig({
  projection_dim: 5,
  text_config: { hidden_size: 8, num_attention_heads: 2 },
  vision_config: { hidden_size: 4, num_attention_heads: 2 },
}, "test");

/** Random parameters, biases too. */
function parametersOf(seed: string): { parameters: Map<string, tf.Variable>; weights: Weights } {
  const random = new Random(seed);
  const parameters = initializeParameters(parameterShapes("full", clip, config), seed);
  const weights: Weights = new Map();
  for (const [name, parameter] of parameters) {
    const data = Float32Array.from(
      { length: parameter.size },
      () => (/norm\d?\.weight/.test(name) ? 1 : 0) + 0.5 * random.normal(),
    );
    tf.tidy(() => parameter.assign(tf.tensor(data, parameter.shape)));
    weights.set(name, { shape: parameter.shape, data });
  }
  return { parameters, weights };
}

/** The layer with all positions, as in the paper's figure. */
function naiveAcoustic(weights: Weights, states: Matrix, length: number): number[] {
  const rows = (name: string): Matrix => {
    const { shape, data } = weights.get(name)!;
    return Array.from({ length: shape[0]! }, (_, i) => Array.from(data).slice(i * shape[1]!, (i + 1) * shape[1]!));
  };
  const x = [...rows("acoustic.cls"), ...rows("prompts.text"), ...linear(states, weights, "acoustic.input")];
  const joint = linear(x, weights, "acoustic.layer.attn.in");
  const [q, k, v] = [0, 1, 2].map((i) => joint.map((row) => row.slice(i * 8, (i + 1) * 8)));
  const seen = attend(q!, k!, v!, config.heads, (_, s) => s < 1 + config.promptLength + length);
  const attended = norm(add(x, linear(seen, weights, "acoustic.layer.attn.out")), weights, "acoustic.layer.norm1");
  const inner = linear(attended, weights, "acoustic.layer.fc1").map((row) => row.map(ACTIVATIONS.gelu));
  const layer = norm(add(attended, linear(inner, weights, "acoustic.layer.fc2")), weights, "acoustic.layer.norm2");
  return linear(norm([layer[0]!], weights, "acoustic.norm"), weights, "acoustic.output")[0]!;
}

Deno.test("states of several layers are normalized each and averaged with the softmax of their weights", async () => {
  const layers = 3, several = { ...config, layers };
  const parameters = initializeParameters(parameterShapes("full", clip, several), "layers");
  const weights = tf.variable(tf.tensor1d([0.5, -1, 2]));
  parameters.get("acoustic.layers")!.dispose();
  parameters.set("acoustic.layers", weights);
  const random = new Random("layers");
  const states = Array.from(
    { length: 2 },
    () =>
      Array.from(
        { length: 5 },
        () => Array.from({ length: 18 }, (_, i) => 10 ** Math.floor(i / 6) * random.normal() + i),
      ),
  );
  const total = [0.5, -1, 2].reduce((sum, value) => sum + Math.exp(value), 0);
  const shares = [0.5, -1, 2].map((value) => Math.exp(value) / total);
  const mixed = states.map((clip) =>
    clip.map((frame) => {
      const normal = shares.map((_, l) => {
        const own = frame.slice(6 * l, 6 * l + 6), mean = own.reduce((sum, value) => sum + value, 0) / 6;
        const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 6;
        return own.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
      });
      return Array.from({ length: 6 }, (_, i) => shares.reduce((sum, share, l) => sum + share * normal[l]![i]!, 0));
    })
  );
  const prompts = parameters.get("prompts.text")!, lengths = [5, 3];
  const all = tf.tensor3d(states), one = tf.tensor3d(mixed);
  const before = tf.memory().numTensors;
  const found = encodeAcoustic(all, prompts, parameters, several, { lengths });
  const expected = encodeAcoustic(one, prompts, parameters, config, { lengths });
  const [a, b] = [await found.data(), await expected.data()];
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) < 1e-4, `${value}, expected ${b[i]}`));
  const dropped = encodeAcoustic(all, prompts, parameters, { ...several, dropout: 0, stateDropout: 0.5 }, {
    dropoutSeed: 1,
  });
  assert.ok((await dropped.data()).some((value, i) => Math.abs(value - a[i]!) > 1e-3), "states are dropped");
  tf.dispose([found, expected, dropped]);
  assert.equal(tf.memory().numTensors, before);
  const gradient = tf.tidy(() =>
    tf.grad((w: tf.Tensor) =>
      tf.sum(encodeAcoustic(all, prompts, new Map([...parameters, ["acoustic.layers", w]]), several)) as tf.Scalar
    )(weights)
  );
  assert.ok((await gradient.data()).every((value) => value !== 0 && Number.isFinite(value)));
  tf.dispose([all, one, gradient, ...parameters.values()]);
});

const statesOf = (seed: string, frames: number): Matrix[] => {
  const random = new Random(seed);
  return Array.from(
    { length: 3 },
    () => Array.from({ length: frames }, () => Array.from({ length: 6 }, () => random.normal())),
  );
};

Deno.test("only the class position is computed, with the result of the whole layer", async () => {
  const { parameters, weights } = parametersOf("forward");
  const states = statesOf("forward", 7);
  const tensor = tf.tensor3d(states);
  const prompts = parameters.get("prompts.text")!;
  const before = tf.memory().numTensors;
  for (const lengths of [undefined, [7, 3, 1], [0, 7, 5]]) {
    const feature = encodeAcoustic(tensor, prompts, parameters, config, { lengths });
    const values = await feature.array();
    states.forEach((rows, b) =>
      naiveAcoustic(weights, rows, lengths?.[b] ?? 7).forEach((value, i) => {
        assert.ok(
          Math.abs(values[b]![i]! - value) < 1e-5 * Math.max(1, Math.abs(value)),
          `${values[b]![i]}, expected ${value}`,
        );
      })
    );
    feature.dispose();
  }
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  tf.dispose([tensor, ...parameters.values()]);
});

Deno.test("the gradient at every parameter is that of the whole layer", async () => {
  const { parameters, weights } = parametersOf("gradient");
  const states = statesOf("gradient", 5);
  const lengths = [5, 2, 4];
  const random = new Random("coefficients");
  const coefficients = states.map(() => Array.from({ length: 5 }, () => random.normal()));
  const naive = () =>
    states.reduce(
      (sum, rows, b) =>
        naiveAcoustic(weights, rows, lengths[b]!).reduce(
          (total, value, i) => total + value * coefficients[b]![i]!,
          sum,
        ),
      0,
    );
  const trained = [...parameters].filter(([name]) =>
    name !== "log_temperature" && !name.startsWith("prompts.to_vision")
  );
  const { value, grads } = tf.variableGrads(() => {
    const feature = encodeAcoustic(tf.tensor3d(states), parameters.get("prompts.text")!, parameters, config, {
      lengths,
    });
    return tf.sum(tf.mul(feature, coefficients));
  }, trained.map(([, parameter]) => parameter));
  for (const [name, parameter] of trained) {
    const gradient = await grads[parameter.name]!.data();
    const entry = weights.get(name)!;
    const { actual, expected } = alongRandomDirection(entry, gradient, naive, () => random.normal());
    assert.ok(
      Math.abs(actual - expected) < 1e-4 * Math.max(1, Math.abs(expected)),
      `${name}: ${actual}, expected ${expected}`,
    );
  }
  tf.dispose([value, ...Object.values(grads), ...parameters.values()]);
});

Deno.test("padding past a recording's length does not matter unless it is attended to", async () => {
  const { parameters } = parametersOf("padding");
  const prompts = parameters.get("prompts.text")!;
  const short = tf.tensor3d(statesOf("padding", 4));
  const long = tf.pad(short, [[0, 0], [0, 3], [0, 0]], 9);
  const run = async (states: tf.Tensor3D, lengths?: number[]) => {
    const feature = encodeAcoustic(states, prompts, parameters, config, { lengths });
    const values = Array.from(await feature.data());
    feature.dispose();
    return values;
  };
  const expected = await run(short);
  const masked = await run(long, [4, 4, 4]);
  expected.forEach((value, i) => assert.ok(Math.abs(value - masked[i]!) < 1e-6));
  const attended = await run(long);
  assert.ok(expected.some((value, i) => Math.abs(value - attended[i]!) > 1e-3));
  await assert.rejects(run(long, [4, 4]), /2 lengths are given: expected 3/);
  await assert.rejects(run(long, [4, 4, 8]), /length 2 must be in \[0, 7\]/);
  tf.dispose([short, long, ...parameters.values()]);
});

Deno.test("dropout repeats with its seed and is off without one", async () => {
  const { parameters } = parametersOf("dropout");
  const states = tf.tensor3d(statesOf("dropout", 4));
  const run = async (dropoutSeed?: number) => {
    const feature = encodeAcoustic(states, parameters.get("prompts.text")!, parameters, config, { dropoutSeed });
    const values = Array.from(await feature.data());
    feature.dispose();
    return values;
  };
  assert.deepEqual(await run(1), await run(1));
  assert.notDeepEqual(await run(1), await run(2));
  assert.deepEqual(await run(), await run());
  tf.dispose([states, ...parameters.values()]);
});

Deno.test("the paper's sizes; 4 heads where 8 do not divide the width", () => {
  assert.deepEqual(acousticConfig({ text: 768, whisper: 512 }), {
    whisperWidth: 512,
    promptLength: 4,
    heads: 8,
    feedforward: 4096,
    dropout: 0.1,
  });
  assert.equal(acousticConfig({ text: 100, whisper: 512 }).heads, 4);
  assert.throws(
    () => acousticConfig({ text: 90, whisper: 512 }),
    /neither 8 nor 4 divides the text width: current value is 90/,
  );
});
