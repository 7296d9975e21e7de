import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Clip, initializeClip } from "../../lib/clip/clip.ts";
import { brewClipLoss } from "../../lib/losses/brewclip_loss.ts";
import {
  type BrewClip,
  createBrewClip,
  disposeBrewClip,
  encodeImages,
  encodeSpeech,
} from "../../lib/systems/brewclip.ts";
import { type Variant, VARIANTS } from "../../lib/systems/variants.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { lossAndGradients, trainingStep, trainLoop } from "../../lib/training/loop.ts";
import type { PairBatch } from "../../lib/training/examples.ts";
import { cachedGradients } from "../../lib/training/micro_batches.ts";
import { Adam } from "../../lib/training/optimizer.ts";
import { relativeError } from "../golden_folder.ts";
import { tinyClipConfig, tinyTraining } from "./tiny.ts";

const PAIRS = 7;
const LENGTHS = [5, 2, 8, 8, 3, 1, 6];
const random = new Random(5);
const normal = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
const text = (): number[] => {
  const words = 1 + random.integer(12);
  return [38, ...Array.from({ length: words }, () => random.integer(38)), ...Array(15 - words).fill(39)];
};
const pictures = Array.from({ length: PAIRS }, () => normal(3 * 8 * 8));
const states = normal(PAIRS * 8 * 6);

/** A batch with all inputs; the first image occurs three times, as one array. */
function batchOf(variant: Variant, windows?: number[]): PairBatch & { dispose(): void } {
  const rows = windows?.reduce((sum, n) => sum + n, 0) ?? PAIRS;
  const pixels = pictures.map((picture, i) => i === 3 || i === 6 ? pictures[0]! : picture);
  const { text: hasText, acoustic } = VARIANTS[variant];
  const tensor = acoustic ? tf.tensor3d(states, [PAIRS, 8, 6]) : undefined;
  return {
    pixels,
    imageIds: ["a", "b", "c", "a", "d", "e", "a"],
    ids: hasText ? Array.from({ length: rows }, text) : undefined,
    windows,
    states: tensor,
    lengths: acoustic ? LENGTHS : undefined,
    dispose: () => tensor?.dispose(),
  };
}

function modelOf(variant: Variant, clip: Clip, change: Partial<BrewClip["acoustic"]> = {}): BrewClip {
  const acoustic = { whisperWidth: 6, promptLength: 3, heads: 2, feedforward: 24, dropout: 0.3, ...change };
  return createBrewClip(variant, clip, acoustic, 2);
}

type Made = ReturnType<typeof lossAndGradients>;
const free = ({ losses, gradients }: Made): void => tf.dispose([...Object.values(losses), ...gradients.values()]);

/** All numbers of `actual` are those of `expected`, relative to the largest of each tensor. */
async function assertSame(actual: Made, expected: Made, what: string): Promise<void> {
  assert.deepEqual(Object.keys(actual.losses).sort(), Object.keys(expected.losses).sort());
  assert.deepEqual([...actual.gradients.keys()].sort(), [...expected.gradients.keys()].sort(), what);
  const compare = async (name: string, a: tf.Tensor, b: tf.Tensor) => {
    const error = await relativeError(a, await b.data());
    assert.ok(error < 1e-4, `${what}: ${name} differs by ${error}`);
  };
  for (const [name, term] of Object.entries(expected.losses)) {
    await compare(name, actual.losses[name as "loss"], term);
  }
  for (const [name, gradient] of expected.gradients) await compare(name, actual.gradients.get(name)!, gradient);
}

for (const backend of ["cpu", "wasm"] as const) {
  for (const variant of ["pip", "pip-gt", "e2e", "full"] as Variant[]) {
    Deno.test(`${backend}, '${variant}': micro-batches give the unsplit step's gradients`, async () => {
      await useBackend(backend);
      const clip = initializeClip(tinyClipConfig, 3);
      const model = modelOf(variant, clip);
      const batch = batchOf(variant);
      const before = tf.memory().numTensors;
      const expected = lossAndGradients(model, batch);
      for (const microBatch of [1, 2, 3, 5, 7, 50]) {
        const actual = cachedGradients(model, batch, { microBatch });
        await assertSame(actual, expected, `micro-batches of ${microBatch}`);
        free(actual);
      }
      free(expected);
      assert.equal(tf.memory().numTensors, before, "leaked tensors");
      batch.dispose();
      disposeBrewClip(model);
      clip.dispose();
    });
  }

  Deno.test(`${backend}: recordings of several text windows keep them in one micro-batch`, async () => {
    await useBackend(backend);
    const clip = initializeClip(tinyClipConfig, 3);
    const model = modelOf("full", clip);
    const batch = batchOf("full", [1, 3, 1, 2, 1, 1, 4]);
    const flat = { ...batch, ids: Int32Array.from((batch.ids as number[][]).flat()) };
    const expected = lossAndGradients(model, batch);
    for (const microBatch of [2, 3]) {
      for (const given of [batch, flat]) {
        const actual = cachedGradients(model, given, { microBatch });
        await assertSame(actual, expected, `micro-batches of ${microBatch}`);
        free(actual);
      }
    }
    free(expected);
    batch.dispose();
    disposeBrewClip(model);
    clip.dispose();
  });

  Deno.test(`${backend}: dropout is the same in both passes of a micro-batch`, async () => {
    await useBackend(backend);
    const clip = initializeClip(tinyClipConfig, 3);
    const model = modelOf("full", clip);
    const { imageIds, pixels, ids, lengths, states, dispose } = batchOf("full");
    const logTemperature = model.parameters.get("log_temperature")!;
    // What the passes must amount to: one loss of features that drop out piece by piece, differentiated as a whole.
    let losses: Made["losses"] | undefined;
    const variables = [...model.parameters.values()];
    const { grads } = tf.variableGrads(() => {
      const spoken = [0, 3, 6].map((from, i) => {
        const rows = Math.min(3, PAIRS - from);
        const part = { ids: (ids as number[][]).slice(from, from + rows), lengths: LENGTHS.slice(from, from + rows) };
        const own = tf.slice(states!, [from, 0, 0], [rows, 8, 6]);
        return encodeSpeech(model, { ...part, states: own }, { dropoutSeed: `seed:${i}` });
      });
      const join = (name: "speech" | "text" | "acoustic") => tf.concat(spoken.map((s) => s[name] as tf.Tensor2D), 0);
      const features = { speech: join("speech"), text: join("text"), acoustic: join("acoustic") };
      losses = brewClipLoss({ image: encodeImages(model, pixels), ...features }, logTemperature, { imageIds });
      for (const term of Object.values(losses)) tf.keep(term);
      return losses.loss;
    }, variables);
    const expected = {
      losses: losses!,
      gradients: new Map([...model.parameters].map(([name, { name: id }]) => [name, grads[id]!])),
    };
    const batch = { pixels, imageIds, ids, lengths, states };
    const actual = cachedGradients(model, batch, { microBatch: 3, dropoutSeed: "seed" });
    await assertSame(actual, expected, "with dropout");
    const again = cachedGradients(model, batch, { microBatch: 3, dropoutSeed: "seed" });
    await assertSame(again, actual, "again");
    const without = cachedGradients(model, batch, { microBatch: 3 });
    const difference = await relativeError(without.losses.loss, await actual.losses.loss.data());
    assert.ok(difference > 1e-3, "dropout should change the loss");
    for (const made of [expected, actual, again, without]) free(made);
    dispose();
    disposeBrewClip(model);
    clip.dispose();
  });

  Deno.test(`${backend}: images as a tensor, no inner loss, a fixed temperature`, async () => {
    await useBackend(backend);
    const clip = initializeClip(tinyClipConfig, 3);
    const model = modelOf("full", clip);
    const batch = batchOf("full");
    const tensor = tf.tensor4d(pictures.flatMap((picture) => [...picture]), [PAIRS, 3, 8, 8]);
    const given = { ...batch, pixels: tensor, imageIds: undefined };
    const options = { alpha: 0, frozen: ["log_temperature"] };
    const before = tf.memory().numTensors;
    const expected = lossAndGradients(model, given, options);
    const actual = cachedGradients(model, given, { ...options, microBatch: 2 });
    await assertSame(actual, expected, "micro-batches of 2");
    for (const made of [expected, actual]) free(made);
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
    tensor.dispose();
    batch.dispose();
    disposeBrewClip(model);
    clip.dispose();
  });
}

Deno.test("an image that occurs again is encoded once per pass, though it is in other micro-batches", async () => {
  await useBackend("cpu");
  const clip = initializeClip(tinyClipConfig, 3);
  const model = modelOf("pip", clip);
  const batch = batchOf("pip");
  // The patches of each encoded image are made on the host.
  const read = pictures.map(() => 0);
  const counted = pictures.map((picture, i) =>
    new Proxy(picture, {
      get(target, key) {
        if (key === "length") read[i]!++; // asked once, to check the size
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    })
  );
  const pixels = counted.map((picture, i) => i === 3 || i === 6 ? counted[0]! : picture);
  free(cachedGradients(model, { ...batch, pixels }, { microBatch: 2 }));
  assert.deepEqual(read, [2, 2, 2, 0, 2, 2, 0]);
  disposeBrewClip(model);
  clip.dispose();
});

Deno.test("a step by micro-batches moves the parameters as an unsplit one, leaks nothing and reads nothing back", async () => {
  await useBackend("wasm");
  const clip = initializeClip(tinyClipConfig, 3);
  const batch = batchOf("full");
  const parameters: Float32Array[][] = [];
  for (const microBatch of [null, 3]) {
    const model = modelOf("full", clip);
    const optimizer = new Adam();
    let settled = 0;
    const { data, dataSync } = tf.Tensor.prototype;
    for (let step = 0; step < 4; step++) {
      const refuse = () => assert.fail("a step must not read back");
      Object.assign(tf.Tensor.prototype, { data: refuse, dataSync: refuse });
      const { losses, gradientNorm } = trainingStep(model, batch, optimizer, { learningRate: 1e-3, microBatch });
      Object.assign(tf.Tensor.prototype, { data, dataSync });
      tf.dispose([...Object.values(losses), gradientNorm]);
      if (step === 1) settled = tf.memory().numTensors;
    }
    assert.equal(tf.memory().numTensors, settled, "leaked tensors");
    parameters.push(await Promise.all([...model.parameters.values()].map((p) => p.data<"float32">())));
    optimizer.dispose();
    disposeBrewClip(model);
  }
  const names = [...modelOf("full", clip).parameters.keys()];
  for (const [i, values] of parameters[0]!.entries()) {
    if (names[i] === "acoustic.layer.attn.in.bias") continue; // the keys' part has no gradient but rounding
    const other = parameters[1]![i]!;
    values.forEach((value, j) => assert.ok(Math.abs(value - other[j]!) < 1e-4, `${names[i]}[${j}]`));
  }
  batch.dispose();
  clip.dispose();
});

Deno.test("a micro-batch must be a positive whole number", () => {
  const clip = initializeClip(tinyClipConfig, 3);
  const model = modelOf("pip", clip);
  for (const microBatch of [0, -1, 1.5, NaN]) {
    assert.throws(
      () => cachedGradients(model, batchOf("pip"), { microBatch }),
      /'microBatch' must be a positive whole number: current value is/,
    );
  }
  disposeBrewClip(model);
  clip.dispose();
});

Deno.test("the loop trains by micro-batches where the config says so, to the same parameters", async () => {
  await useBackend("wasm");
  const trained: Map<string, Float32Array>[] = [];
  for (const microBatch of [null, 4]) {
    const training = await tinyTraining({ microBatch, steps: 5 }, { variant: "pip" });
    const kernels = await tf.profile(async () => {
      await trainLoop(training);
      return tf.scalar(0);
    });
    const passes = kernels.kernels.filter(({ name }) => name === "BrewEmbedding").length;
    assert.ok(microBatch === null ? passes <= 5 * 3 : passes >= 5 * 6, `${passes} look-ups`);
    trained.push(
      new Map(
        await Promise.all(
          [...training.model.parameters].map(async ([name, value]) => [name, await value.data<"float32">()] as const),
        ),
      ),
    );
    await Deno.remove(join(training.folder.path, ".."), { recursive: true });
    training.dispose();
  }
  for (const [name, values] of trained[0]!) {
    const other = trained[1]!.get(name)!;
    values.forEach((value, i) => assert.ok(Math.abs(value - other[i]!) < 1e-4, `${name}[${i}]: ${value}, ${other[i]}`));
  }
});

Deno.test("micro-batches give the gradient at the bias of the sigmoid loss and at the confidence's gate; batch norms refuse them", async () => {
  await useBackend("cpu");
  const clip = initializeClip(tinyClipConfig, 3);
  const model = modelOf("full", clip, { loss: "sigmoid", fusion: "confidence" });
  const batch = { ...batchOf("full"), confidence: [-0.1, -0.2, 0, -1, -0.5, -0.3, -0.4] };
  const whole = lossAndGradients(model, batch);
  const parts = cachedGradients(model, batch, { microBatch: 3 });
  assert.ok(whole.gradients.has("loss_bias") && whole.gradients.has("fusion.confidence.weight"));
  await assertSame(parts, whole, "sigmoid");
  free(whole);
  free(parts);
  assert.throws(
    () => cachedGradients({ ...model, statistics: new Map() }, batch, { microBatch: 3 }),
    /'full' normalizes over it/,
  );
  batch.dispose();
  disposeBrewClip(model);
  clip.dispose();
});
