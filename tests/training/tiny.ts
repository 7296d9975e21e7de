/** A tiny model with random weights and examples that it can learn, for the tests of training. */
import { join } from "@std/path";
import { type Clip, initializeClip } from "../../lib/clip/clip.ts";
import type { ClipConfig } from "../../lib/clip/config.ts";
import { systemOf } from "../../lib/systems/registry.ts";
import { disposeModel, modelTensors, type Setup } from "../../lib/systems/system.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { Random } from "../../lib/random.ts";
import type { Identity } from "../../lib/training/checkpoint.ts";
import type { RunConfig } from "../../lib/training/config.ts";
import { type Example, Images } from "../../lib/training/examples.ts";
import { imagesFor } from "../../lib/training/frozen_images.ts";
import { SkippedFiles } from "../../lib/training/run_logs.ts";
import { readTensors, type Training } from "../../lib/training/loop.ts";
import { Adam } from "../../lib/training/optimizer.ts";
import { sample, withModel } from "../../lib/training/presets.ts";
import { createRun } from "../../lib/training/run_folder.ts";
import { temporaryFolder } from "../temporary.ts";

const tower = { width: 16, feedforward: 32, layers: 2, heads: 2, activation: "gelu" as const, epsilon: 1e-5 };

/** Sizes of the tiny CLIP. */
export const tinyClipConfig: ClipConfig = {
  text: { ...tower, vocabulary: 40, positions: 16, bos: 38, eos: 39, pad: 39 },
  vision: { ...tower, imageSize: 8, patchSize: 4, channels: 3 },
  projection: 12,
};

const WIDTH = 6;

/** Examples whose image, words and sound all depend on one hidden number. */
export function tinyExamples(count: number): { examples: Example[]; pixels: Map<string, Float32Array> } {
  const random = new Random(11);
  const pixels = new Map<string, Float32Array>();
  const examples = Array.from({ length: count }, (_, index): Example => {
    const image = `picture-${index}.png`;
    const seed = new Random(`fact ${index % 12}`);
    pixels.set(image, Float32Array.from({ length: 3 * 8 * 8 }, () => seed.normal() + 0.1 * random.normal()));
    const frames = 3 + random.integer(6);
    const values = Float32Array.from({ length: frames * WIDTH }, () => 0.1 * random.normal() + (index % 12) / 6 - 1);
    const ids = [38, 1 + index % 12, 13 + random.integer(20), ...Array(13).fill(39)];
    return {
      id: `pair ${index}`,
      imageId: image,
      image,
      texts: [ids],
      states: { values: () => Promise.resolve(values), frames, width: WIDTH },
    };
  });
  return { examples, pixels };
}

/** A training that is ready to run, in a new folder. */
export interface TinyTraining extends Training {
  config: RunConfig;
  skipped: SkippedFiles;
  clip: Clip;
  /** From what the model is made. */
  setup: Setup;
  dispose(): void;
}

/** Makes the training; `read` replaces the reading of images. */
export async function tinyTraining(
  change: Partial<RunConfig> = {},
  options: { variant?: Variant; folder?: string; read?: (path: string) => Promise<Float32Array> } = {},
): Promise<TinyTraining> {
  const variant = options.variant ?? "full";
  const config: RunConfig = {
    ...withModel(sample(), variant),
    steps: 12,
    batchSize: 6,
    warmupSteps: 3,
    evaluateEvery: 4,
    saveEvery: 5,
    learningRate: 3e-3,
    ...change,
  };
  const clip = initializeClip(tinyClipConfig, 3);
  const acoustic = { whisperWidth: WIDTH, promptLength: config.promptLength, heads: 2, feedforward: 24, dropout: 0.1 };
  const setup: Setup = {
    ...{ clip, acoustic, seed: config.seed, size: "small", vocabulary: [3, 1, 2, 7] },
    ...{ speechWidth: WIDTH, speechLayers: 1 },
  };
  const model = systemOf({ variant }).create(variant, setup);
  const { examples, pixels } = tinyExamples(20);
  const skipped = new SkippedFiles({ onLine: () => {} });
  const read = options.read ?? ((path: string) => Promise.resolve(pixels.get(path) as Float32Array));
  const optimizer = new Adam({ weightDecay: config.weightDecay });
  const identity: Identity = { variant, clip: "tiny", whisper: "tiny", shapes: {} };
  for (const [name, { shape }] of modelTensors(model)) identity.shapes[name] = shape;
  return {
    config,
    clip,
    setup,
    model,
    optimizer,
    examples,
    images: imagesFor(model, new Images({ read, skipped, limit: 100 })),
    skipped,
    folder: await createRun(join(options.folder ?? await temporaryFolder(), "run"), config),
    identity,
    // Any function of the parameters will do as a score.
    evaluate: async () => {
      let sum = 0;
      for (const { data } of (await readTensors(model.parameters)).values()) for (const value of data) sum += value;
      return Math.abs(sum % 100);
    },
    dispose(): void {
      disposeModel(model);
      optimizer.dispose();
      clip.dispose();
    },
  };
}
