import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { createBrewClip, disposeBrewClip } from "../../lib/systems/brewclip.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { lossAndGradients, trainingStep } from "../../lib/training/loop.ts";
import { Adam } from "../../lib/training/optimizer.ts";
import { sample } from "../../lib/training/presets.ts";
import { learningRate, learningRates } from "../../lib/training/schedule.ts";
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

Deno.test("each part follows its own rate, warm-up and steps; without them all parts follow the run's", () => {
  const settings = { ...sample(), steps: 100, learningRate: 0.01, warmupSteps: 20, finalLearningRate: 0 };
  const names = ["prompts.text", "prompts.to_vision.weight", "fusion.gate.bias", "acoustic.cls", "log_temperature"];
  const none = {
    acousticLearningRate: null,
    temperatureLearningRate: null,
    acousticWarmupSteps: null,
    promptSteps: null,
  };
  for (const step of [1, 20, 60, 100]) {
    const single = learningRate(step, { peak: 0.01, warmup: 20, steps: 100, floor: 0 });
    for (const name of names) assert.equal(learningRates({ ...settings, ...none })(step)(name), single, name);
  }
  const own = learningRates({
    ...settings,
    acousticLearningRate: 0.001,
    temperatureLearningRate: 0.1,
    acousticWarmupSteps: 50,
    promptSteps: 60,
  });
  // By hand: prompts rise over 20 of 60 steps, the branch over 50 of 100, the temperature over 20 of 100.
  const expected: [step: number, prompts: number, acoustic: number, temperature: number][] = [
    [10, 0.005, 0.0002, 0.05],
    [40, 0.005, 0.0008, 0.075],
    [60, 0, 0.0008, 0.05],
    [75, 0, 0.0005, 0.03125],
  ];
  for (const [step, prompts, acoustic, temperature] of expected) {
    const rates = [prompts, prompts, prompts, acoustic, temperature];
    for (const [i, name] of names.entries()) {
      assert.ok(Math.abs(own(step)(name) - rates[i]!) < 1e-12, `${name} at step ${step}: ${own(step)(name)}`);
    }
  }
});

Deno.test("parameters move by the rate of their own part: one step of Adam moves each by its rate", () => {
  const model = goldenModel(folder, "full");
  const optimizer = new Adam({ weightDecay: 0 });
  const before = new Map([...model.parameters].map(([name, parameter]) => [name, parameter.dataSync().slice()]));
  const rates = { prompts: 0.01, acoustic: 0.001, temperature: 0 };
  const rateOf = (name: string) =>
    name === "log_temperature" ? rates.temperature : name.startsWith("acoustic.") ? rates.acoustic : rates.prompts;
  const { losses, gradientNorm } = trainingStep(model, batch, optimizer, { learningRate: rateOf });
  tf.dispose([...Object.values(losses), gradientNorm]);
  for (const [name, parameter] of model.parameters) {
    const moved = Math.max(...parameter.dataSync().map((value, i) => Math.abs(value - before.get(name)![i]!)));
    // Adam's first step is the rate, whatever the size of the gradient.
    assert.ok(Math.abs(moved - rateOf(name)) < 0.02 * rateOf(name) + 1e-7, `${name} moved by ${moved}`);
  }
  optimizer.dispose();
  disposeBrewClip(model);
});
