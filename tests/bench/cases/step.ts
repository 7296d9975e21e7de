/** A training step, and the towers alone. */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { encodeImage } from "../../../lib/clip/vision_tower.ts";
import { encodeText } from "../../../lib/clip/text_tower.ts";
import { loadClip } from "../../../lib/clip/load.ts";
import { readJson } from "../../../lib/files/read.ts";
import type { BrewClip } from "../../../lib/systems/brewclip.ts";
import { readSafetensors } from "../../../lib/files/safetensors.ts";
import type { PairBatch } from "../../../lib/training/examples.ts";
import { Adam } from "../../../lib/training/optimizer.ts";
import { trainingStep } from "../../../lib/training/loop.ts";
import type { StepShapes } from "../step_files.ts";
import type { Prepare } from "./case.ts";

/** The model and the batch that `writeStepFiles` wrote. */
export async function readStep(folder: string): Promise<{ model: BrewClip; batch: PairBatch; steps: number }> {
  const { acoustic, batch: pairs, steps } = await readJson(join(folder, "shapes.json")) as StepShapes;
  const clip = await loadClip(folder);
  const parameters = new Map<string, tf.Variable>();
  for (const [name, { data, shape }] of await readSafetensors(join(folder, "parameters.safetensors"))) {
    parameters.set(name, tf.variable(tf.tensor(data as Float32Array, shape)));
  }
  const read = await readSafetensors(join(folder, "batch.safetensors"));
  const rows = <T extends Float32Array | BigInt64Array>(name: string): T[] => {
    const { data } = read.get(name)!;
    const size = data.length / pairs;
    return Array.from({ length: pairs }, (_, i) => data.slice(i * size, (i + 1) * size) as unknown as T);
  };
  const { data, shape } = read.get("whisper")!;
  return {
    model: { variant: "full", clip, acoustic, parameters },
    batch: {
      pixels: rows<Float32Array<ArrayBuffer>>("pixels"),
      ids: rows<BigInt64Array<ArrayBuffer>>("ids").map((row) => Int32Array.from(row, Number)),
      states: tf.tensor3d(data as Float32Array, shape as [number, number, number]),
    },
    steps,
  };
}

/** Steps on one batch. A run gives the loss before its last step and the norm of the gradient. */
export const prepareStep: Prepare = async (folder) => {
  const { model, batch, steps } = await readStep(folder);
  const adam = new Adam();
  return {
    run: async () => {
      let values: number[] = [];
      for (let step = 0; step < steps; step++) {
        const { losses, gradientNorm } = trainingStep(model, batch, adam, { learningRate: 1e-4 });
        values = [(await losses.loss.data())[0]!, (await gradientNorm.data())[0]!];
        tf.dispose([Object.values(losses), gradientNorm]);
      }
      return values;
    },
  };
};

/** Both frozen towers without prompts and without a gradient. */
export const prepareForward: Prepare = async (folder) => {
  const { model: { clip }, batch } = await readStep(folder);
  return {
    run: async () => {
      const features = tf.tidy(() => [encodeImage(clip, batch.pixels), encodeText(clip, batch.ids!)]);
      const values = await Promise.all(features.map((feature) => feature.data<"float32">()));
      tf.dispose(features);
      return values.flatMap((row) => [row[0]!, row[1]!, row.at(-1)!]);
    },
  };
};
