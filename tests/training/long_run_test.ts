/** Long runs: counts of tensors and bytes stay flat over many steps, and no step reads anything back from the device. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { initializeClip } from "../../lib/clip/clip.ts";
import { InputError } from "../../lib/errors.ts";
import { createBrewClip, disposeBrewClip } from "../../lib/systems/brewclip.ts";
import { Random } from "../../lib/random.ts";
import { type BackendName, type BackendOptions, useBackend } from "../../lib/runtime/backend.ts";
import { Adam } from "../../lib/training/optimizer.ts";
import { trainingStep } from "../../lib/training/loop.ts";
import { readsBack } from "../reads_back.ts";
import { tinyClipConfig } from "./tiny.ts";

const STEPS = 200;
/** A software driver of WebGPU takes minutes for as many; `BREWCLIP_LONG_RUNS=1` has it take all. */
const SOFTWARE_STEPS = Deno.env.get("BREWCLIP_LONG_RUNS") ? STEPS : 20;
/** After so many steps all that stays has been made. */
const SETTLED = 3;

const counts = () => {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { numTensors, numDataBuffers, numBytes };
};

const CASES: [name: string, backend: BackendName, options: BackendOptions][] = [
  ["wasm with BLAS", "wasm", {}],
  ["wasm without BLAS", "wasm", { blas: false }],
  ["cpu", "cpu", {}],
  ["webgpu", "webgpu", { softwareGpu: true }],
];
for (const [name, backend, options] of CASES) {
  const onGpu = backend === "webgpu";
  const steps = onGpu ? SOFTWARE_STEPS : STEPS;
  Deno.test(`${steps} steps on ${name} keep nothing${onGpu ? " and read nothing back" : ""}`, async () => {
    try {
      await useBackend(backend, options);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return console.log(`skipped: ${error.message}`);
    }
    const before = counts();
    const random = new Random(4);
    const clip = initializeClip(tinyClipConfig, 3);
    const acoustic = { whisperWidth: 6, promptLength: 2, heads: 2, feedforward: 8, dropout: 0.1 };
    const model = createBrewClip("full", clip, acoustic, 1);
    const optimizer = new Adam();
    const normal = (size: number) => Float32Array.from({ length: size }, () => random.normal());
    let settled = counts();
    let reads = 0;
    for (let step = 1; step <= steps; step++) {
      const states = tf.tensor3d(normal(3 * 5 * 6), [3, 5, 6]);
      const batch = {
        pixels: [0, 1, 2].map(() => normal(3 * 8 * 8)),
        ids: [0, 1, 2].map(() => [38, 1 + random.integer(30), 39, 39, 39, 39]),
        states,
        lengths: [5, 3, 4],
      };
      reads += readsBack(() => {
        const how = { learningRate: 1e-3, dropoutSeed: step, microBatch: step % 10 === 0 ? 2 : null };
        const { losses, gradientNorm } = trainingStep(model, batch, optimizer, how);
        tf.dispose([Object.values(losses), gradientNorm]);
      });
      states.dispose();
      if (step === SETTLED) settled = counts();
      if (step % 50 === 0) await model.parameters.get("log_temperature")!.data(); // lets a device finish
    }
    assert.deepEqual(counts(), settled);
    if (onGpu) assert.equal(reads, 0, "values read back from the device inside of steps");
    optimizer.dispose();
    disposeBrewClip(model);
    clip.dispose();
    assert.deepEqual(counts(), before);
  });
}
