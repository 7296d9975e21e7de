import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { InputError } from "../lib/errors.ts";
import { useBackend } from "../lib/runtime/backend.ts";
import { goldenSuite } from "./golden_suite.ts";

const FOLDER = new URL("fixtures/brewclip_tiny", import.meta.url).pathname;

for (
  const [name, backend, options] of [
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
    await goldenSuite(FOLDER);
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
  });
}
