import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { MovingAverage } from "../../lib/experiments/ser/moving_average.ts";
import { useBackend } from "../../lib/runtime/backend.ts";

await useBackend("wasm");

Deno.test("the average is that of a plain loop, and frees what it holds", async () => {
  for (const decay of [0, 0.5, 0.98]) {
    const weight = tf.tidy(() => tf.variable(tf.tensor2d([[0, 0]])));
    const before = tf.memory().numTensors;
    const average = new MovingAverage(decay);
    let expected: number[] = [];
    for (let step = 1; step <= 40; step++) {
      const value = [Math.sin(step), step];
      tf.tidy(() => weight.assign(tf.tensor2d([value])));
      average.add(new Map([["w", weight]]));
      const kept = Math.min(decay, step / (step + 9));
      expected = step === 1 ? value : expected.map((mean, i) => kept * mean + (1 - kept) * value[i]!);
    }
    average.assignTo(new Map([["w", weight]]));
    const found = [...await weight.data()];
    found.forEach((value, i) =>
      assert.ok(Math.abs(value - expected[i]!) < 1e-4, `${decay}: ${found}, not ${expected}`)
    );
    if (decay === 0) assert.deepEqual(found, [Math.fround(Math.sin(40)), 40]);
    average[Symbol.dispose]();
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([...await weight.data()], found, "the weight outlives the average");
    weight.dispose();
  }
});

Deno.test("a decay outside [0, 1) is refused", () => {
  for (const decay of [-0.1, 1, NaN]) assert.throws(() => new MovingAverage(decay), /'decay' must be in \[0, 1\)/);
});
