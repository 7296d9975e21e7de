import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { initializeClip } from "../../lib/clip/clip.ts";
import { createBrewClip, disposeBrewClip, encodeSpeech, fuse } from "../../lib/systems/brewclip.ts";
import { parameterShapes } from "../../lib/systems/parameters.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { lossAndGradients } from "../../lib/training/loop.ts";

await useBackend("wasm");

const tower = { width: 16, feedforward: 32, layers: 2, heads: 2, activation: "quick_gelu" as const, epsilon: 1e-5 };
const clip = initializeClip({
  text: { ...tower, vocabulary: 20, positions: 12, bos: 18, eos: 19, pad: 19 },
  vision: { ...tower, width: 24, imageSize: 16, patchSize: 8, channels: 3 },
  projection: 10,
}, 1);
const sizes = { whisperWidth: 6, promptLength: 3, heads: 4, feedforward: 32, dropout: 0 };

function batch() {
  const random = new Random(3);
  const values = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  return {
    ids: [[18, 1, 2, 19], [18, 5, 19, 19], [18, 7, 8, 19]].map((row) =>
      Int32Array.from({ length: 12 }, (_, i) => row[i] ?? 19)
    ),
    states: tf.tensor3d(values(3 * 5 * 6), [3, 5, 6]),
    pixels: [0, 1, 2].map(() => values(3 * 16 * 16)),
  };
}

Deno.test("separate prompts: each branch that there is has its own, all are trained, and they are independent", () => {
  const separate = { ...sizes, prompts: "separate" as const };
  const names = (variant: Variant) =>
    [...parameterShapes(variant, clip.config, separate)].filter(([name]) => name.startsWith("prompts."));
  assert.deepEqual(names("full"), [["prompts.text", [3, 16]], ["prompts.vision", [3, 24]], ["prompts.acoustic", [
    3,
    16,
  ]]]);
  assert.deepEqual(names("pip").map(([name]) => name), ["prompts.text", "prompts.vision"]);
  assert.deepEqual(names("e2e").map(([name]) => name), ["prompts.vision", "prompts.acoustic"]);
  assert.deepEqual(names("pip-zero-shot"), []);
  for (const variant of ["full", "pip", "e2e"] as const) {
    const model = createBrewClip(variant, clip, separate, 1);
    const { losses, gradients } = lossAndGradients(model, batch());
    for (const [name] of names(variant)) {
      assert.ok(gradients.get(name)!.abs().max().dataSync()[0]! > 0, `${variant} ${name}`);
    }
    assert.ok(Number.isFinite(losses.loss.dataSync()[0]));
    disposeBrewClip(model);
  }
  // The text feature does not see the acoustic prompts, nor the acoustic feature those of the text.
  const model = createBrewClip("full", clip, separate, 1);
  const before = encodeSpeech(model, batch());
  model.parameters.get("prompts.acoustic")!.assign(tf.ones([3, 16]));
  const after = encodeSpeech(model, batch());
  assert.deepEqual(after.text!.dataSync(), before.text!.dataSync());
  assert.notDeepEqual(after.acoustic!.dataSync(), before.acoustic!.dataSync());
});

Deno.test("a gate that reads the confidence starts exactly as the sum, and follows a hand-made case", () => {
  const gated = createBrewClip("full", clip, { ...sizes, fusion: "confidence" }, 1);
  const plain = createBrewClip("full", clip, sizes, 1);
  const speech = { ...batch(), confidence: [-0.1, -2, 0] };
  const steps = [lossAndGradients(gated, speech), lossAndGradients(plain, speech)] as const;
  assert.deepEqual(steps[0].losses.loss.dataSync(), steps[1].losses.loss.dataSync());
  for (const [name, gradient] of steps[1].gradients) {
    assert.deepEqual(steps[0].gradients.get(name)!.dataSync(), gradient.dataSync(), name);
  }
  for (const part of ["weight", "bias"]) {
    assert.ok(steps[0].gradients.get(`fusion.confidence.${part}`)!.abs().max().dataSync()[0]! > 0, part);
  }
  const own = [...gated.parameters.keys()].filter((name) => !plain.parameters.has(name));
  assert.deepEqual(own, ["fusion.confidence.weight", "fusion.confidence.bias"]);
  for (const variant of ["pip", "e2e", "pip-zero-shot"] as const) {
    const names = [...parameterShapes(variant, clip.config, { ...sizes, fusion: "confidence" }).keys()];
    assert.ok(!names.some((name) => name.startsWith("fusion")), variant);
  }
  assert.throws(() => encodeSpeech(gated, batch()), /'confidence' has 0: expected each/);
  assert.throws(() => encodeSpeech(gated, { ...speech, confidence: [0] }), /'confidence' has 1/);

  // 0 is certain: only the bias counts. -0.1 is one unit: sigmoid(log(3)) = 3/4, of the sound in the second dimension alone.
  const fused = fuse(
    {
      text: tf.tensor2d([[1, 10], [1, 10]]),
      acoustic: tf.tensor2d([[5, 50], [5, 50]]),
      confidence: [0, -0.1],
    },
    new Map<string, tf.Tensor>([
      ["fusion.confidence.weight", tf.tensor2d([[0], [-Math.log(3)]])],
      ["fusion.confidence.bias", tf.tensor1d([-Math.log(3), 0])],
    ]),
  ).dataSync();
  [2 * (0.25 * 5 + 0.75), 60, 2 * (0.25 * 5 + 0.75), 2 * (0.75 * 50 + 0.25 * 10)].forEach((value, i) =>
    assert.ok(Math.abs(fused[i]! - value) < 1e-4, `${fused[i]}, expected ${value}`)
  );
});

Deno.test("a gate starts as the sum, follows its formula, and is trained", () => {
  const gated = createBrewClip("full", clip, { ...sizes, fusion: "gated" }, 1);
  const plain = createBrewClip("full", clip, sizes, 1);
  const [a, b] = [encodeSpeech(gated, batch()).speech.dataSync(), encodeSpeech(plain, batch()).speech.dataSync()];
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) < 1e-6));
  const { gradients } = lossAndGradients(gated, batch());
  assert.ok(gradients.get("fusion.gate.weight")!.abs().max().dataSync()[0]! > 0);
  assert.ok(!plain.parameters.has("fusion.gate.weight"));

  const random = new Random(8);
  const draw = (count: number) => Array.from({ length: count }, () => random.normal());
  const [text, acoustic, weight, bias] = [draw(4), draw(4), draw(2 * 4), draw(2)];
  const fused = fuse(
    { text: tf.tensor2d(text, [2, 2]), acoustic: tf.tensor2d(acoustic, [2, 2]) },
    new Map<string, tf.Tensor>([
      ["fusion.gate.weight", tf.tensor2d(weight, [2, 4])],
      ["fusion.gate.bias", tf.tensor1d(bias)],
    ]),
  ).dataSync();
  for (let row = 0; row < 2; row++) {
    const both = [...acoustic.slice(2 * row, 2 * row + 2), ...text.slice(2 * row, 2 * row + 2)];
    for (let d = 0; d < 2; d++) {
      const score = both.reduce((sum, value, i) => sum + value * weight[4 * d + i]!, bias[d]!);
      const g = 1 / (1 + Math.exp(-score));
      const expected = 2 * (g * acoustic[2 * row + d]! + (1 - g) * text[2 * row + d]!);
      assert.ok(Math.abs(fused[2 * row + d]! - expected) < 1e-5);
    }
  }
});
