import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { createBrewClip, disposeBrewClip, encodeImages, encodeSpeech } from "../../lib/systems/brewclip.ts";
import { initializeParameters, parameterShapes } from "../../lib/systems/parameters.ts";
import { BREWCLIP_VARIANTS, type Variant } from "../../lib/systems/variants.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { goldenStates, loadGoldenFolder } from "../golden_folder.ts";

await useBackend("cpu");
const folder = await loadGoldenFolder(new URL("../fixtures/brewclip_tiny", import.meta.url).pathname);
const states = goldenStates(folder);

Deno.test("each variant has the parts of its row in the table", async () => {
  const acoustic = [...parameterShapes("full", folder.clip.config, folder.acoustic).keys()].filter((name) =>
    name.startsWith("acoustic.")
  );
  const prompts = ["log_temperature", "prompts.text", "prompts.to_vision.bias", "prompts.to_vision.weight"];
  for (const variant of Object.keys(BREWCLIP_VARIANTS) as Variant[]) {
    const before = tf.memory().numTensors;
    const model = createBrewClip(variant, folder.clip, folder.acoustic, 1);
    const expected = variant.startsWith("pip-zero")
      ? []
      : variant.startsWith("pip")
      ? prompts
      : [...prompts, ...acoustic];
    assert.deepEqual([...model.parameters.keys()].sort(), expected.sort(), variant);
    const features = encodeSpeech(model, { ids: folder.ids, states });
    assert.equal("text" in features, variant !== "e2e", variant);
    assert.equal("acoustic" in features, variant === "e2e" || variant === "full", variant);
    const image = encodeImages(model, folder.pixels);
    for (const feature of [features.speech, image]) {
      for (const row of await feature.array()) {
        assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-5, `${variant}: length 1`);
      }
    }
    tf.dispose([...Object.values(features), image]);
    disposeBrewClip(model);
    assert.equal(tf.memory().numTensors, before, `${variant} leaked tensors`);
  }
});

Deno.test("speech is the direction of the sum of both features", async () => {
  const model = createBrewClip("full", folder.clip, folder.acoustic, 1);
  const { speech, text, acoustic } = encodeSpeech(model, { ids: folder.ids, states, lengths: folder.lengths });
  const [rows, a, b] = await Promise.all([speech, text!, acoustic!].map((feature) => feature.array()));
  rows!.forEach((row, i) => {
    const sum = a![i]!.map((value, d) => value + b![i]![d]!);
    row.forEach((value, d) => assert.ok(Math.abs(value - sum[d]! / Math.hypot(...sum)) < 1e-5));
  });
  tf.dispose([speech, text!, acoustic!]);
  disposeBrewClip(model);
});

Deno.test("a missing input is named", () => {
  const full = createBrewClip("full", folder.clip, folder.acoustic, 1);
  const before = tf.memory().numTensors;
  assert.throws(() => encodeSpeech(full, { ids: folder.ids }), /variant 'full' needs 'states'/);
  assert.throws(() => encodeSpeech(full, { states }), /variant 'full' needs 'ids'/);
  assert.equal(tf.memory().numTensors, before);
  disposeBrewClip(full);
});

Deno.test("an image that is given twice has the same feature, and a gradient from both positions", async () => {
  const model = createBrewClip("pip", folder.clip, folder.acoustic, 1);
  const [a, b] = folder.pixels as [Float32Array, Float32Array];
  const coefficients = tf.randomNormal([3, 40], 0, 1, "float32", 3);
  const gradientOf = (pixels: Float32Array[]) => {
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.mul(encodeImages(model, pixels), coefficients)),
      [model.parameters.get("prompts.text")!],
    );
    return [value, ...Object.values(grads)] as tf.Tensor[];
  };
  const once = gradientOf([a, b, a]);
  const copied = gradientOf([a, b, new Float32Array(a)]);
  for (const [i, tensor] of once.entries()) {
    const [x, y] = [await tensor.data(), await copied[i]!.data()];
    x.forEach((value, j) => assert.ok(Math.abs(value - y[j]!) < 1e-5 * Math.max(1, Math.abs(value))));
  }
  tf.dispose([...once, ...copied, coefficients]);
  disposeBrewClip(model);
});

Deno.test("first parameters repeat with the seed and follow the paper", async () => {
  const shapes = parameterShapes("full", folder.clip.config, folder.acoustic);
  const [a, b, c] = [initializeParameters(shapes, 1), initializeParameters(shapes, 1), initializeParameters(shapes, 2)];
  const pip = initializeParameters(parameterShapes("pip", folder.clip.config, folder.acoustic), 1);
  const values = (parameters: Map<string, tf.Variable>, name: string) => parameters.get(name)!.data();
  for (const name of shapes.keys()) assert.deepEqual(await values(a, name), await values(b, name), name);
  const prompts = await values(a, "prompts.text");
  assert.deepEqual(await values(pip, "prompts.text"), prompts, "variants share what they have in common");
  assert.notDeepEqual(await values(c, "prompts.text"), prompts);
  const deviation = Math.hypot(...prompts) / Math.sqrt(prompts.length);
  assert.ok(Math.abs(deviation - 0.02) < 0.003, `prompts have deviation ${deviation}`);
  assert.ok(Math.abs(Math.exp((await values(a, "log_temperature"))[0]!) - 0.07) < 1e-6);
  assert.deepEqual(a.get("log_temperature")!.shape, []);
  for (const parameters of [a, b, c, pip]) tf.dispose([...parameters.values()]);
});

Deno.test("a gain makes the first F_A longer by that factor, and nothing else", async () => {
  const shapes = parameterShapes("full", folder.clip.config, folder.acoustic);
  const [plain, loud] = [initializeParameters(shapes, 1), initializeParameters(shapes, 1, 10)];
  for (const name of shapes.keys()) {
    const [expected, found] = [await plain.get(name)!.data(), await loud.get(name)!.data()];
    const factor = name === "acoustic.output.weight" ? 10 : 1;
    expected.forEach((value, i) => assert.ok(Math.abs(found[i]! - factor * value) < 1e-5, name));
  }
  for (const parameters of [plain, loud]) tf.dispose([...parameters.values()]);
});
