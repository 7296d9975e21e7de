/**
 * Checks and times the WebGPU backend on the machine's own driver, next to PyTorch in fp32 on the same card:
 * `deno task gpu`. Prints one line of JSON for each result; ends with 1 where a number of the reference is missed.
 *
 * The goldens come first, then training steps of the published sizes with random weights: ViT-B/32 with 8 and 32 pairs and
 * ViT-L/14 with 8. Both sides take the same weights and batches. A step counts from the first call until its loss is on
 * the host.
 *
 * A machine without Deno or a network runs the same script bundled:
 * `deno bundle --external @tensorflow/tfjs-node-gpu tests/bench/gpu.ts -o gpu.js`, then `deno run -A --unstable-webgpu gpu.js GOLDENS PYTHON`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { dirname, join, resolve } from "@std/path";
import { useBackend } from "../../lib/runtime/backend.ts";
import { goldenSuite } from "../golden_suite.ts";
import { readsBack } from "../reads_back.ts";
import { Adam } from "../../lib/training/optimizer.ts";
import { trainingStep } from "../../lib/training/loop.ts";
import { readStep } from "./cases/step.ts";
import { PUBLISHED } from "./random_clip.ts";
import { SHAPES, type StepShapes, writeStepFiles } from "./step_files.ts";

const HERE = import.meta.dirname as string;
const [goldens = join(HERE, "../fixtures/brewclip_tiny"), python = join(HERE, "python_side.py")] = Deno.args;

const { b32 } = SHAPES;
const STEPS: Record<string, StepShapes> = {
  "ViT-B/32, batch 8": b32,
  "ViT-B/32, batch 32": { ...b32, batch: 32 },
  "ViT-L/14, batch 8": { ...b32, clip: PUBLISHED["clip-vit-large-patch14"]! },
};
const WARM_UP = 3;
const TIMED = 10;

const print = (line: Record<string, unknown>): void => console.log(JSON.stringify(line));
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Times steps on the batch of a folder, from the same weights as PyTorch. */
async function timeSteps(folder: string): Promise<Record<string, unknown>> {
  const { model, batch } = await readStep(folder);
  const adam = new Adam();
  const seconds: number[] = [];
  let first: number[] = [];
  let reads = 0;
  let settled = 0;
  for (let step = 0; step < WARM_UP + TIMED; step++) {
    const start = performance.now();
    let result!: ReturnType<typeof trainingStep>;
    reads += readsBack(() => result = trainingStep(model, batch, adam, { learningRate: 1e-4 }));
    const values = [(await result.losses.loss.data())[0]!, (await result.gradientNorm.data())[0]!];
    seconds.push((performance.now() - start) / 1000);
    tf.dispose([Object.values(result.losses), result.gradientNorm]);
    if (step === 0) first = values;
    if (step === WARM_UP) settled = tf.memory().numTensors;
  }
  const leaked = tf.memory().numTensors - settled;
  tf.disposeVariables();
  model.clip.dispose();
  batch.states?.dispose();
  adam.dispose();
  return { seconds: median(seconds.slice(WARM_UP)), firstStep: seconds[0], check: first, reads, leaked };
}

/** The same steps in PyTorch on the card; null where there is no Python with a GPU. */
async function timePython(folder: string): Promise<Record<string, unknown> | null> {
  try {
    const child = new Deno.Command("python3", {
      args: [python],
      cwd: dirname(python),
      env: { BREWCLIP_BENCH_DEVICE: "cuda" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    const requests = [{ do: "prepare", case: "step-b32", folder }, ...Array(WARM_UP + TIMED - 1).fill({ do: "run" })];
    await writer.write(new TextEncoder().encode(requests.map((request) => `${JSON.stringify(request)}\n`).join("")));
    await writer.close();
    const { stdout } = await child.output();
    const answers = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
    return { seconds: median(answers.slice(WARM_UP).map((answer) => answer.seconds)), check: answers[0].check };
  } catch (error) {
    console.error(`no PyTorch on a GPU: ${error}`);
    return null;
  }
}

let failed = false;
const { detail } = await useBackend("webgpu");
print({ backend: detail });
try {
  print({ goldens: await goldenSuite(goldens), limits: { features: 1e-4, gradients: 1e-3, parameters: 1e-4 } });
} catch (error) {
  failed = true;
  print({ goldens: String(error) });
}
for (const [what, shapes] of Object.entries(STEPS)) {
  const folder = resolve("runs/gpu");
  await Deno.mkdir(folder, { recursive: true });
  try {
    await writeStepFiles(folder, shapes);
    const ours = await timeSteps(folder);
    const pytorch = await timePython(folder);
    const ratio = pytorch && (ours.seconds as number) / (pytorch.seconds as number);
    print({ step: what, ours, pytorch, ratio });
    failed ||= ours.reads !== 0 || ours.leaked !== 0;
  } catch (error) {
    failed = true;
    print({ step: what, error: String(error) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
Deno.exit(failed ? 1 : 0);
