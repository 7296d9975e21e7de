import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { InputError } from "../lib/errors.ts";
import { useBackend } from "../lib/runtime/backend.ts";
import { readSafetensors } from "../lib/files/safetensors.ts";
import { learningRate } from "../lib/training/schedule.ts";
import { goldenSuite } from "./golden_suite.ts";

const FOLDER = new URL("fixtures/brewclip_tiny", import.meta.url).pathname;

/** The bundled golden, or others of the same kind: `BREWCLIP_GOLDENS=DIR,DIR deno task test`. */
const FOLDERS = Deno.env.get("BREWCLIP_GOLDENS")?.split(",") ?? [FOLDER];

Deno.test("the reference's learning rates are those of the schedule", async () => {
  const rates = (await readSafetensors(`${FOLDER}/golden.safetensors`)).get("train.learning_rate")!.data;
  for (const [i, rate] of rates.entries()) {
    assert.ok(Math.abs(learningRate(i + 1, { peak: 0.01, warmup: 2, steps: 10 }) - Number(rate)) < 1e-9);
  }
});

for (
  const [name, backend, options] of [
    ["node-gpu", "node-gpu", {}], // first: once WebGPU's driver is loaded, TensorFlow's library may not find the GPU
    ["cpu", "cpu", {}],
    ["wasm with BLAS", "wasm", { blas: true }],
    ["wasm without BLAS", "wasm", { blas: false }],
    ["webgpu", "webgpu", { softwareGpu: true }],
  ] as const
) {
  Deno.test(`the reference's numbers on ${name}`, async () => {
    try {
      const { blas } = await useBackend(backend, options);
      if (name === "wasm with BLAS" && blas === undefined) return console.log("skipped: no BLAS library is found here");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return console.log(`skipped: ${error.message}`);
    }
    const before = tf.memory().numTensors;
    for (const folder of FOLDERS) await goldenSuite(folder);
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
  });
}
