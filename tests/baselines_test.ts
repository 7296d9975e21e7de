/** The published systems against the numbers of a reference in PyTorch. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { InputError } from "../lib/errors.ts";
import { useBackend } from "../lib/runtime/backend.ts";
import { disposeModel, type Model } from "../lib/systems/system.ts";
import { initialKeywordNorm } from "../lib/systems/keywords.ts";
import { FAST_VGS, MILAN, RESDAVENET, SPEECHCLIP_C, SPEECHCLIP_H, SPEECHCLIP_P } from "./baselines.ts";
import { type Baseline, baselineSuite, readReference, readReferenceClip, referenceModel } from "./baseline_suite.ts";
import { relativeError } from "./golden_folder.ts";

/** Others of the same kind: `BREWCLIP_BASELINES=DIR deno task test tests/baselines_test.ts`. */
const FOLDER = Deno.env.get("BREWCLIP_BASELINES");

const SPEECHCLIP = [SPEECHCLIP_P, SPEECHCLIP_C, SPEECHCLIP_H];
const BASELINES = [...SPEECHCLIP, FAST_VGS, RESDAVENET, MILAN] as unknown as Baseline<Model>[];

for (
  const [name, backend, options] of [
    ["cpu", "cpu", {}],
    ["wasm with BLAS", "wasm", { blas: true }],
    ["wasm without BLAS", "wasm", { blas: false }],
    ["webgpu", "webgpu", { softwareGpu: Deno.env.has("BREWCLIP_LONG_RUNS") }], // a software driver takes 30 s a system,
  ] as const
) {
  for (const baseline of BASELINES) {
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

Deno.test("the keyword norm starts with deviation and mean of the vocabulary's embeddings", async () => {
  await useBackend("cpu");
  const clip = await readReferenceClip(FOLDER);
  for (const baseline of [SPEECHCLIP_C, SPEECHCLIP_H]) {
    const reference = await readReference(baseline.name, FOLDER);
    const model = referenceModel(baseline, reference, clip);
    const { weight, bias } = initialKeywordNorm(model);
    for (const [name, tensor] of Object.entries({ weight, bias })) {
      assert.ok(await relativeError(tensor, reference.golden.get(`start.keyword.norm.${name}`)!) < 1e-5, name);
    }
    tf.dispose([weight, bias]);
    disposeModel(model);
  }
  clip.dispose();
});
