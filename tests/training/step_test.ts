import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { createBrewClip, disposeBrewClip } from "../../lib/systems/brewclip.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { lossAndGradients, trainingStep } from "../../lib/training/loop.ts";
import { Adam, learningRate } from "../../lib/training/optimizer.ts";
import { goldenModel, goldenStates, loadGoldenFolder } from "../golden_folder.ts";

await useBackend("wasm");
const folder = await loadGoldenFolder(new URL("../fixtures/brewclip_tiny", import.meta.url).pathname);
const states = goldenStates(folder);
const batch = { pixels: folder.pixels, ids: folder.ids, states, lengths: folder.lengths, imageIds: folder.imageIds };

for (const variant of ["pip", "pip-gt", "e2e", "full"] as Variant[]) {
  Deno.test(`'${variant}' learns a batch by heart, and a step leaks nothing`, async () => {
    const model = createBrewClip(variant, folder.clip, folder.acoustic, 1);
    const optimizer = new Adam();
    let [first, last] = [0, 0];
    let settled = 0;
    for (let step = 1; step <= 12; step++) {
      const { losses, gradientNorm } = trainingStep(model, batch, optimizer, { learningRate: 0.01, dropoutSeed: step });
      last = (await losses.loss.data())[0]!;
      if (step === 1) first = last;
      tf.dispose([...Object.values(losses), gradientNorm]);
      if (step === 2) settled = tf.memory().numTensors;
    }
    assert.ok(last < 0.6 * first, `loss ${first} became ${last}`);
    assert.equal(tf.memory().numTensors, settled, "leaked tensors");
    optimizer.dispose();
    disposeBrewClip(model);
  });
}

Deno.test("every trained parameter has a gradient; a frozen one has none and stays", async () => {
  const model = goldenModel(folder);
  const before = await model.parameters.get("log_temperature")!.data();
  const { losses, gradients } = lossAndGradients(model, batch, { frozen: ["log_temperature"] });
  const expected = [...model.parameters.keys()].filter((name) => name !== "log_temperature");
  assert.deepEqual([...gradients.keys()].sort(), expected.sort());
  for (const [name, gradient] of gradients) assert.deepEqual(gradient.shape, model.parameters.get(name)!.shape, name);
  tf.dispose([...Object.values(losses), ...gradients.values()]);
  const optimizer = new Adam();
  const step = trainingStep(model, batch, optimizer, { learningRate: 0.1, frozen: ["log_temperature"] });
  assert.deepEqual(await model.parameters.get("log_temperature")!.data(), before);
  tf.dispose([...Object.values(step.losses), step.gradientNorm]);
  optimizer.dispose();
  disposeBrewClip(model);
});

Deno.test("the temperature stays within its bounds", async () => {
  for (const [start, bound] of [[-50, 0.01], [50, 1]] as const) {
    const model = goldenModel(folder);
    const parameter = model.parameters.get("log_temperature")!;
    tf.tidy(() => parameter.assign(tf.scalar(start < 0 ? Math.log(0.0101) : Math.log(0.99))));
    const optimizer = new Adam();
    for (let i = 0; i < 2; i++) {
      const { losses, gradientNorm } = trainingStep(model, batch, optimizer, { learningRate: 3 });
      tf.dispose([...Object.values(losses), gradientNorm]);
      const temperature = Math.exp((await parameter.data())[0]!);
      assert.ok(temperature > 0.01 - 1e-6 && temperature < 1 + 1e-6, `temperature ${temperature} near ${bound}`);
    }
    optimizer.dispose();
    disposeBrewClip(model);
  }
});

Deno.test("a zero-shot variant has nothing to train", () => {
  const model = goldenModel(folder, "pip-zero-shot");
  assert.throws(() => lossAndGradients(model, batch), /variant 'pip-zero-shot' as it has no parameters/);
});

Deno.test("the learning rate rises to the peak, then falls to the floor", () => {
  assert.equal(learningRate(1), 1e-4 / 5000);
  assert.equal(learningRate(5000), 1e-4);
  assert.ok(Math.abs(learningRate(52_500) - (1e-4 + 1e-8) / 2) < 1e-12);
  assert.equal(learningRate(100_000), 1e-8);
  assert.equal(learningRate(200_000), 1e-8);
  assert.equal(learningRate(1, { peak: 1, warmup: 0, steps: 1, floor: 0.5 }), 0.5);
  assert.throws(() => learningRate(0), /'step' must be at least 1: current value is 0/);
  assert.throws(() => learningRate(1, { warmup: 20, steps: 10 }), /'warmup' must be in \[0, 10\]/);
});
