/** The published systems against the numbers of a reference in PyTorch. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { InputError } from "../lib/errors.ts";
import { useBackend } from "../lib/runtime/backend.ts";
import type { Model } from "../lib/systems/system.ts";
import { FAST_VGS, MILAN, RESDAVENET } from "./baselines.ts";
import { type Baseline, baselineSuite, readReferenceClip } from "./baseline_suite.ts";

/** Others of the same kind: `BREWCLIP_BASELINES=DIR deno task test tests/baselines_test.ts`. */
const FOLDER = Deno.env.get("BREWCLIP_BASELINES");

for (
  const [name, backend, options] of [
    ["cpu", "cpu", {}],
    ["wasm with BLAS", "wasm", { blas: true }],
    ["wasm without BLAS", "wasm", { blas: false }],
    ["webgpu", "webgpu", { softwareGpu: Deno.env.has("BREWCLIP_LONG_RUNS") }], // a software driver takes 30 s a system,
  ] as const
) {
  for (const baseline of [FAST_VGS, RESDAVENET, MILAN] as unknown as Baseline<Model>[]) {
    Deno.test(`${baseline.name} has the reference's numbers on ${name}`, async () => {
      try {
        const { blas } = await useBackend(backend, options);
        if (name === "wasm with BLAS" && blas === undefined) {
          return console.log("skipped: no BLAS library is found here");
        }
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        return console.log(`skipped: ${error.message}`);
      }
      const before = tf.memory().numTensors;
      const clip = await readReferenceClip(FOLDER);
      const worst = await baselineSuite(baseline, clip, FOLDER);
      if (Deno.env.get("BREWCLIP_SHOW")) console.log(name, baseline.name, worst);
      clip.dispose();
      assert.equal(tf.memory().numTensors, before, "leaked tensors");
    });
  }
}
