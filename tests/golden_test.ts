import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { useBackend } from "../lib/runtime/backend.ts";
import { goldenSuite } from "./golden_suite.ts";

const FOLDER = new URL("fixtures/brewclip_tiny", import.meta.url).pathname;

for (
  const [name, backend, options] of [
    ["cpu", "cpu", {}],
    ["wasm with BLAS", "wasm", { blas: true }],
    ["wasm without BLAS", "wasm", { blas: false }],
  ] as const
) {
  Deno.test(`the reference's numbers on ${name}`, async () => {
    await useBackend(backend, options);
    const before = tf.memory().numTensors;
    const worst = await goldenSuite(FOLDER);
    console.log(name, worst);
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
  });
}
