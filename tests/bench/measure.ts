/**
 * One measurement of a full-size model in a process of its own, so that its peak of memory is its own: prints one line of
 * JSON. Started by `measure_apart.ts` only.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Clip, initializeClip } from "../../lib/clip/clip.ts";
import { loadClip } from "../../lib/clip/load.ts";
import { InputError } from "../../lib/errors.ts";
import { acousticConfig } from "../../lib/systems/acoustic_config.ts";
import { createBrewClip, encodeImages, encodeSpeech } from "../../lib/systems/brewclip.ts";
import { systemOf } from "../../lib/systems/registry.ts";
import { VARIANTS } from "../../lib/systems/variants.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import type { PairBatch } from "../../lib/training/examples.ts";
import { Adam } from "../../lib/training/optimizer.ts";
import { trainingStep } from "../../lib/training/loop.ts";
import { PUBLISHED } from "./random_clip.ts";
import type { Measurement, Task } from "./measure_apart.ts";

/** Peak of this process's resident memory in bytes, by Linux's own account. */
async function peakMemory(): Promise<number> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`] }).output();
  const found = /VmHWM:\s+(\d+) kB/.exec(new TextDecoder().decode(stdout));
  return 1024 * Number(found?.[1] ?? NaN);
}

/** A batch of random images, full rows of tokens and 50 frames per second of sound. */
function randomBatch({ config: { text, vision } }: Clip, batch: number, frames: number): PairBatch {
  const random = new Random(7);
  const normal = (size: number) => Float32Array.from({ length: size }, () => random.normal());
  const ids = () => [text.bos, ...Array.from({ length: text.positions - 2 }, () => random.integer(text.bos)), text.eos];
  return {
    pixels: Array.from({ length: batch }, () => normal(vision.channels * vision.imageSize ** 2)),
    ids: Array.from({ length: batch }, ids),
    states: tf.tensor3d(normal(batch * frames * 512), [batch, frames, 512]),
    lengths: Array(batch).fill(frames),
  };
}

async function seconds<T>(action: () => T | Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await action();
  return [result, (performance.now() - start) / 1000];
}

/** The second of two steps of a published system over Whisper base and ViT-L/14. */
async function measureSystem(
  { name, batch, seconds: length }: Task & { task: "system" },
): Promise<Omit<Measurement, "peak">> {
  const config = PUBLISHED["clip-vit-large-patch14"]!;
  const { vision, text, projection } = config;
  const { image, mel, keywords } = VARIANTS[name];
  // Only keywords are encoded within a step, by the text tower; what else of CLIP is frozen is read from a store.
  const clip: Clip = keywords ? initializeClip(config, 1) : { config, weights: new Map(), dispose: () => {} };
  const [speechWidth, speechLayers] = mel ? [mel, 1] : [512, 7];
  const acoustic = acousticConfig({ text: text.width, whisper: speechWidth });
  const vocabulary = Array.from({ length: 8112 }, (_, id) => id); // as many as the captions of Flickr8k have
  const setup = { clip, acoustic, speechWidth, speechLayers, size: "published" as const, seed: 1, vocabulary };
  const model = systemOf({ variant: name }).create(name, setup);
  const random = new Random(7);
  const normal = (size: number) => Float32Array.from({ length: size }, () => random.normal());
  const patches = Math.floor(vision.imageSize / vision.patchSize) ** 2;
  const size = { pixels: 3 * vision.imageSize ** 2, feature: projection, patches: patches * vision.width }[image];
  const frames = Math.round(length * (mel ? 100 : 50));
  const width = speechWidth * speechLayers;
  const step: PairBatch = {
    pixels: Array.from({ length: batch }, () => normal(size)),
    states: tf.tensor3d(normal(batch * frames * width), [batch, frames, width]),
    lengths: Array(batch).fill(frames),
  };
  const optimizer = new Adam();
  let result: Omit<Measurement, "peak"> | undefined;
  for (const seed of [1, 2]) {
    const [made, taken] = await seconds(async () => {
      const { losses, gradientNorm } = trainingStep(model, step, optimizer, {
        learningRate: 1e-4,
        seed,
        dropoutSeed: seed,
      });
      const values = await Promise.all([losses.loss, gradientNorm].map((tensor) => tensor.data<"float32">()));
      tf.dispose([...Object.values(losses), gradientNorm]);
      return values.every(([value]) => Number.isFinite(value));
    });
    const trained = [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
    result = { loadSeconds: 0, seconds: taken, weights: 4 * trained, shapes: [], finite: made, trained };
  }
  return result!;
}

async function measure(task: Task): Promise<Omit<Measurement, "peak">> {
  if (task.task === "nothing") return { loadSeconds: 0, seconds: 0, weights: 0, shapes: [], finite: true };
  if (task.task === "whisper") {
    const { loadWhisper } = await import("../../lib/whisper/whisper.ts");
    const random = new Random(3);
    const [whisper, loadSeconds] = await seconds(() => loadWhisper(task.folder));
    const samples = Float32Array.from({ length: 16000 * task.seconds }, () => 0.1 * random.normal());
    const [[transcribed], taken] = await seconds(() => whisper.transcribe([samples]));
    const { states, frames, width } = transcribed!;
    const finite = states.every(Number.isFinite) && transcribed!.text.length > 0;
    return { loadSeconds, seconds: taken, weights: 0, shapes: [[frames, width], [states.length]], finite };
  }
  await useBackend("wasm");
  if (task.task === "system") return await measureSystem(task);
  const [clip, loadSeconds] = await seconds(() => loadClip(task.folder));
  const weights = tf.memory().numBytes;
  if (task.task === "load") return { loadSeconds, seconds: 0, weights, shapes: [], finite: true };
  const { text, projection } = clip.config;
  const acoustic = acousticConfig({ text: text.width, whisper: 512 });
  const model = createBrewClip("full", clip, acoustic, 1);
  const run = async (): Promise<tf.Tensor[]> => {
    const batch = randomBatch(clip, task.batch, task.task === "step" ? task.frames : 50);
    if (task.task === "forward") return [encodeImages(model, batch.pixels), encodeSpeech(model, batch).speech];
    const { microBatch } = task;
    const { losses, gradientNorm } = trainingStep(model, batch, new Adam(), {
      learningRate: 1e-4,
      dropoutSeed: 1,
      microBatch,
    });
    await losses.loss.data();
    return [...Object.values(losses), gradientNorm];
  };
  const [made, taken] = await seconds(run);
  let finite = projection > 0;
  for (const tensor of made) finite &&= (await tensor.data<"float32">()).every(Number.isFinite);
  return { loadSeconds, seconds: taken, weights, shapes: made.map(({ shape }) => shape), finite };
}

if (import.meta.main) {
  let made: Omit<Measurement, "peak">;
  try {
    made = await measure(JSON.parse(Deno.args[0] as string) as Task);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    made = { loadSeconds: NaN, seconds: NaN, weights: 0, shapes: [], finite: false, error: error.message };
  }
  console.log(JSON.stringify({ ...made, peak: await peakMemory() }));
}
