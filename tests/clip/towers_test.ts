import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { type Clip, initializeClip } from "../../lib/clip/clip.ts";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { encodeImage, patchesOf } from "../../lib/clip/vision_tower.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { type Matrix, naiveImage, naiveText, type Weights } from "./naive.ts";
import { alongRandomDirection } from "../helpers.ts";

await useBackend("cpu");

/** Small models that differ in all that a configuration can say. */
const CONFIGS: Record<string, ClipConfig> = {
  "quick_gelu, several layers": {
    projection: 6,
    text: {
      width: 8,
      feedforward: 12,
      layers: 2,
      heads: 2,
      activation: "quick_gelu",
      epsilon: 1e-5,
      vocabulary: 20,
      positions: 9,
      bos: 18,
      eos: 19,
      pad: 19,
    },
    vision: {
      width: 12,
      feedforward: 20,
      layers: 3,
      heads: 3,
      activation: "quick_gelu",
      epsilon: 1e-5,
      imageSize: 6,
      patchSize: 2,
      channels: 3,
    },
  },
  "gelu, one layer, one head, leftover pixels at the image's edge, another end token": {
    projection: 5,
    text: {
      width: 4,
      feedforward: 7,
      layers: 1,
      heads: 1,
      activation: "gelu",
      epsilon: 1e-2,
      vocabulary: 11,
      positions: 6,
      bos: 0,
      eos: 2,
      pad: 1,
    },
    vision: {
      width: 4,
      feedforward: 5,
      layers: 1,
      heads: 4,
      activation: "gelu",
      epsilon: 1e-3,
      imageSize: 7,
      patchSize: 3,
      channels: 3,
    },
  },
};

const random = new Random("towers");
const matrix = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));

/** A model whose every weight, biases too, is random and large enough to matter. */
function modelOf(config: ClipConfig): { clip: Clip; weights: Weights } {
  const clip = initializeClip(config, 1);
  const weights: Weights = new Map();
  for (const [name, weight] of clip.weights) {
    const data = Float32Array.from(
      { length: weight.size },
      () => (/norm\d?\.weight/.test(name) ? 1 : 0) + 0.4 * random.normal(),
    );
    tf.tidy(() => (weight as tf.Variable).assign(tf.tensor(data, weight.shape)));
    weights.set(name, { shape: weight.shape, data });
  }
  return { clip, weights };
}

function textsOf({ text }: ClipConfig, length: number): number[][] {
  return [3, length, 2, length - 1].map((end, row) =>
    Array.from({ length }, (_, t) => {
      if (t === 0) return text.bos;
      if (t < end - 1) return 3 + random.integer(text.vocabulary - 5);
      return t === end - 1 ? text.eos : row % 2 === 0 ? text.pad : 3;
    })
  );
}

function imagesOf({ vision }: ClipConfig, count: number): Float32Array[] {
  const size = vision.channels * vision.imageSize ** 2;
  return Array.from({ length: count }, () => Float32Array.from({ length: size }, () => random.normal()));
}

async function assertClose(actual: tf.Tensor, expected: Matrix, what: string): Promise<void> {
  assert.deepEqual(actual.shape, [expected.length, expected[0]!.length], what);
  const values = await actual.data();
  expected.flat().forEach((value, i) => {
    assert.ok(
      Math.abs(values[i]! - value) < 1e-5 * Math.max(1, Math.abs(value)),
      `${what}: ${values[i]}, expected ${value}`,
    );
  });
  actual.dispose();
}

for (const [name, config] of Object.entries(CONFIGS)) {
  Deno.test(`towers equal their plain definition: ${name}`, async () => {
    const before = tf.memory().numTensors;
    const { clip, weights } = modelOf(config);
    for (const length of [config.text.positions, config.text.positions - 1]) {
      const ids = textsOf(config, length);
      await assertClose(encodeText(clip, ids), ids.map((row) => naiveText(weights, config.text, row)), "text");
      for (const m of [1, 3]) {
        const prompts = matrix(m, config.text.width);
        const tensor = tf.tensor2d(prompts);
        const expected = ids.map((row) => naiveText(weights, config.text, row, prompts));
        await assertClose(encodeText(clip, ids, tensor), expected, `text of ${length} with ${m} prompts`);
        tensor.dispose();
      }
    }
    const ids = textsOf(config, config.text.positions);
    const expected = ids.map((row) => naiveText(weights, config.text, row));
    await assertClose(encodeText(clip, Int32Array.from(ids.flat())), expected, "text in one array");

    const images = imagesOf(config, 3);
    const { channels, imageSize } = config.vision;
    const tensor = tf.tensor4d(Float32Array.from(images.flatMap((image) => [...image])), [
      3,
      channels,
      imageSize,
      imageSize,
    ]);
    const plain = images.map((image) => naiveImage(weights, config.vision, image));
    await assertClose(encodeImage(clip, images), plain, "image");
    await assertClose(encodeImage(clip, tensor), plain, "image from a tensor");
    const prompts = matrix(2, config.vision.width);
    const promptTensor = tf.tensor2d(prompts);
    const prompted = images.map((image) => naiveImage(weights, config.vision, image, prompts));
    await assertClose(encodeImage(clip, images, promptTensor), prompted, "image with prompts");
    tf.dispose([tensor, promptTensor]);
    clip.dispose();
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
  });

  Deno.test(`towers have the gradient of their plain definition: ${name}`, async () => {
    const { clip, weights } = modelOf(config);
    const ids = textsOf(config, config.text.positions);
    const images = imagesOf(config, 2);
    const prompts = { text: matrix(2, config.text.width), vision: matrix(2, config.vision.width) };
    const coefficients = { text: matrix(ids.length, config.projection), vision: matrix(2, config.projection) };
    const weigh = (features: Matrix, by: Matrix) =>
      features.flat().reduce((sum, value, i) => sum + value * by.flat()[i]!, 0);
    const naive = () =>
      weigh(ids.map((row) => naiveText(weights, config.text, row, prompts.text)), coefficients.text) +
      weigh(
        images.map((image) => naiveImage(weights, config.vision, image, prompts.vision)),
        coefficients.vision,
      );

    const variables = [...clip.weights].filter(([name]) => name !== "logit_scale");
    const { value, grads } = tf.variableGrads(() => {
      const text = encodeText(clip, ids, tf.tensor2d(prompts.text));
      const image = encodeImage(clip, images, tf.tensor2d(prompts.vision));
      return tf.add(tf.sum(tf.mul(text, coefficients.text)), tf.sum(tf.mul(image, coefficients.vision)));
    }, variables.map(([, weight]) => weight as tf.Variable));
    assert.ok(Math.abs((await value.data())[0]! - naive()) < 1e-3);

    for (const [name, weight] of variables) {
      // Along one random direction, by a central difference in double precision.
      const gradient = await grads[(weight as tf.Variable).name]!.data();
      const entry = weights.get(name)!;
      const { direction, actual, expected } = alongRandomDirection(entry, gradient, naive, () => random.normal());
      const scale = Math.hypot(...gradient) * Math.hypot(...direction) / Math.sqrt(direction.length);
      assert.ok(Math.abs(actual - expected) < 2e-4 * Math.max(scale, 1e-2), `${name}: ${actual}, expected ${expected}`);
    }
    tf.dispose([value, ...Object.values(grads)]);
    clip.dispose();
  });
}

Deno.test("a batch of texts gives what each text alone gives", async () => {
  const config = CONFIGS["quick_gelu, several layers"]!;
  const { clip } = modelOf(config);
  const ids = textsOf(config, config.text.positions);
  const prompts = tf.tensor2d(matrix(2, config.text.width));
  const alone = [];
  for (const row of ids) {
    const feature = encodeText(clip, [row], prompts);
    alone.push(Array.from(await feature.data()));
    feature.dispose();
  }
  await assertClose(encodeText(clip, ids, prompts), alone, "batch");
  prompts.dispose();
  clip.dispose();
});

Deno.test("texts and images that do not fit are refused", () => {
  const config = CONFIGS["quick_gelu, several layers"]!;
  const clip = initializeClip(config, 1);
  const prompts = tf.zeros([8, config.text.width]);
  const before = tf.memory().numTensors;
  const eos = config.text.eos;
  assert.throws(() => encodeText(clip, []), /batch is empty/);
  assert.throws(() => encodeText(clip, [[1, 2, 3]]), /row 0 has no token 19/);
  assert.throws(() => encodeText(clip, [[1, eos], [1, 2, eos]]), /row 1 has 3 tokens: expected 2/);
  assert.throws(() => encodeText(clip, [new Array(10).fill(eos)]), /has 10 tokens: expected at most 9/);
  assert.throws(() => encodeText(clip, [new Array(9).fill(eos)], prompts), /8 prompts leave 1 of 9/);
  assert.throws(() => encodeText(clip, new Int32Array(10)), /rows of 9/);
  assert.throws(() => encodeText(clip, [[18, 20, 19]]), /token 20/);
  assert.throws(() => encodeImage(clip, []), /batch is empty/);
  assert.throws(() => encodeImage(clip, [new Float32Array(7)]), /image 0 as it has 7 values: expected 3 x 6 x 6/);
  assert.equal(tf.memory().numTensors, before, "leaked tensors");
  tf.dispose(prompts);
  clip.dispose();
});

Deno.test("patches cut on the host and on the device are the same", async () => {
  for (const [imageSize, patchSize] of [[6, 2], [7, 3], [4, 4]] as const) {
    const vision = { ...CONFIGS["quick_gelu, several layers"]!.vision, imageSize, patchSize };
    const images = imagesOf({ ...CONFIGS["quick_gelu, several layers"]!, vision }, 2);
    const pixels = tf.tensor4d(Float32Array.from(images.flatMap((image) => [...image])), [
      2,
      3,
      imageSize,
      imageSize,
    ]);
    const [host, device] = [patchesOf(images, vision), patchesOf(pixels, vision)];
    assert.deepEqual(host.shape, device.shape);
    assert.deepEqual(await host.data(), await device.data());
    tf.dispose([pixels, host, device]);
  }
});
