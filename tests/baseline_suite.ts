/** The reference's numbers of a published system, against ours. Used by tests only. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Clip } from "../lib/clip/clip.ts";
import { loadClip } from "../lib/clip/load.ts";
import { readJson } from "../lib/files/read.ts";
import { readSafetensors, type StoredTensor } from "../lib/files/safetensors.ts";
import {
  disposeModel,
  type Features,
  type LossOptions,
  type Model,
  type Pass,
  type Speech,
  type System,
} from "../lib/systems/system.ts";
import type { PairBatch } from "../lib/training/examples.ts";
import { lossAndGradients, trainingStep } from "../lib/training/loop.ts";
import { Adam } from "../lib/training/optimizer.ts";
import { relativeError } from "./golden_folder.ts";

const FORWARD = 1e-4;
const GRADIENT = 1e-4;
/** Of a parameter's largest value: the 1e-4. */
const PARAMETER = 1e-4;

/** A tower's sizes, as the reference writes them. */
export interface StoredTower {
  widths: number[];
  kernel: number;
  blocks: number;
  stem_kernel: number;
  stem_stride: number;
}

/** What a folder of the reference holds. */
export interface Reference {
  // deno-lint-ignore no-explicit-any -- each system has settings of its own
  settings: any;
  batch: Map<string, StoredTensor>;
  trainable: Map<string, StoredTensor>;
  stats: Map<string, StoredTensor>;
  golden: Map<string, StoredTensor>;
  unstable: Record<string, number[]>;
}

/** How a system reads a folder. Tensors that it makes are disposed by the suite. */
export interface Baseline<M extends Model> {
  /** The folder's name. */
  name: string;
  system: System<M>;
  /** The settings that the folder's numbers are for, without tensors. */
  settings: (reference: Reference, clip: Clip) => Omit<M, "clip" | "parameters" | "statistics">;
  images: (reference: Reference, clip: Clip) => tf.Tensor;
  speech: (reference: Reference) => Speech;
  /** More options of the loss. */
  options?: (reference: Reference) => Pick<LossOptions, "impostors">;
  /** The limit of gradients, if it is not 1e-4 of the largest. */
  gradient?: number;
  /** Other results of a forward pass, by the reference's names. */
  others?: (model: M, features: Features & { image: tf.Tensor2D; speech: tf.Tensor2D }) => Record<string, tf.Tensor>;
}

const FIXTURES = new URL("fixtures/baselines/", import.meta.url).pathname;

/** Reads a folder of the reference. */
export async function readReference(name: string, folder: string = FIXTURES): Promise<Reference> {
  const tensors = async (file: string) => await readSafetensors(join(folder, name, `${file}.safetensors`));
  const has = (file: string) => Deno.stat(join(folder, name, file)).then(() => true, () => false);
  return {
    settings: (await readJson(join(folder, name, "config.json")) as { settings: unknown }).settings,
    batch: await tensors("batch"),
    trainable: await tensors("trainable"),
    stats: await has("stats.safetensors") ? await tensors("stats") : new Map(),
    golden: await tensors("golden"),
    unstable: await readJson(join(folder, name, "unstable.json")) as Record<string, number[]>,
  };
}

/** Reads the frozen CLIP of the references. */
export async function readReferenceClip(folder: string = FIXTURES): Promise<Clip> {
  return await loadClip(join(folder, "clip"));
}

export const numbersOf = (tensor: StoredTensor): number[] => Array.from(tensor.data, Number);

export const towerOf = (
  { widths, kernel, blocks, stem_kernel: stemKernel, stem_stride: stemStride }: StoredTower,
) => ({ widths, kernel, blocks, stemKernel, stemStride });

/** A tensor of the reference. */
export function tensorOf({ data, shape }: StoredTensor, as: number[] = shape): tf.Tensor {
  return tf.tensor(Float32Array.from(data, Number), as);
}

/** A model with the folder's parameters and statistics. */
export function referenceModel<M extends Model>(baseline: Baseline<M>, reference: Reference, clip: Clip): M {
  const variables = (tensors: Map<string, StoredTensor>) =>
    new Map([...tensors].map(([name, stored]) => {
      const shape = name === "log_temperature" ? [] : stored.shape;
      return [name, tf.tidy(() => tf.variable(tensorOf(stored, shape)))];
    }));
  return {
    ...baseline.settings(reference, clip),
    clip,
    parameters: variables(reference.trainable),
    statistics: variables(reference.stats),
  } as unknown as M;
}

/** The folder's batch. The caller disposes its tensors. */
export function referenceBatch<M extends Model>(baseline: Baseline<M>, reference: Reference, clip: Clip): PairBatch {
  return {
    pixels: tf.tidy(() => baseline.images(reference, clip)),
    ...baseline.speech(reference),
    imageIds: numbersOf(reference.batch.get("image_ids")!),
    ...baseline.options?.(reference),
  };
}

/** Features of a batch. */
export function referenceFeatures<M extends Model>(
  { system }: Baseline<M>,
  model: M,
  batch: PairBatch,
  pass: Pass = {},
): Features & { image: tf.Tensor2D; speech: tf.Tensor2D } {
  return { ...system.encodeImages(model, batch.pixels, pass), ...system.encodeSpeech(model, batch, pass) };
}

/** Compares everything that a folder holds; the backend must be set. Returns the largest errors. */
export async function baselineSuite<M extends Model>(
  baseline: Baseline<M>,
  clip: Clip,
  folder?: string,
): Promise<Record<string, number>> {
  const reference = await readReference(baseline.name, folder);
  const { golden, unstable } = reference;
  const worst: Record<string, number> = {};
  const slopes = golden.keys().filter((name) => name.startsWith("grad."));
  const steepest = Math.max(...slopes.flatMap((name) => numbersOf(golden.get(name)!)).map(Math.abs));
  const close = async (name: string, tensor: tf.Tensor, limit: number, key: string, skip: number[] = []) => {
    const wanted = golden.get(name);
    assert.ok(wanted !== undefined, `the reference has no '${name}'`);
    const [values, expected] = [await tensor.data<"float32">(), Float32Array.from(wanted.data, Number)];
    for (const index of skip) values[index] = expected[index] as number;
    const size = Math.max(...expected.map(Math.abs));
    const difference = Math.max(...values.map((value, i) => Math.abs(value - (expected[i] as number))));
    assert.equal(values.length, expected.length, name);
    // A gradient that is zero but for rounding, as at a bias before a batch norm, is as exact as the largest of all.
    const least = key !== "gradients" ? 1e-30 : size < 1e-7 ? Math.max(1e-2, steepest) : 1e-6 / GRADIENT;
    const error = difference / (size + least);
    worst[key] = Math.max(worst[key] ?? 0, error);
    assert.ok(error <= limit, `${name}: relative error ${error}`);
    tensor.dispose();
  };
  const termName = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  const batch = referenceBatch(baseline, reference, clip);
  for (const training of [false, true]) {
    const model = referenceModel(baseline, reference, clip);
    const mode = training ? "train" : "eval";
    const results = tf.tidy(() => {
      const features = referenceFeatures(baseline, model, batch, { training });
      return {
        features,
        losses: baseline.system.loss(model, features, batch),
        others: baseline.others?.(model, features),
      };
    });
    const { speech, image } = results.features;
    for (const [name, tensor] of Object.entries({ speech, image, ...results.others })) {
      await close(`${mode}.${name}`, tf.clone(tensor), FORWARD, "forward");
    }
    for (const [name, term] of Object.entries(results.losses)) {
      await close(`${mode}.${termName(name)}`, tf.clone(term), FORWARD, "losses");
    }
    for (const [name, value] of training ? model.statistics ?? [] : []) {
      await close(`stats.${name}`, tf.clone(value), FORWARD, "statistics");
    }
    tf.dispose(Object.values(results).flatMap((tensors) => Object.values(tensors ?? {})));
    disposeModel(model);
  }

  const model = referenceModel(baseline, reference, clip);
  const { losses, gradients } = lossAndGradients(model, batch);
  assert.deepEqual([...gradients.keys()].sort(), [...reference.trainable.keys()].sort());
  for (const [name, gradient] of gradients) {
    await close(`grad.${name}`, gradient, baseline.gradient ?? GRADIENT, "gradients");
  }
  tf.dispose(Object.values(losses));
  for (const [name, value] of model.statistics ?? []) tf.tidy(() => value.assign(tensorOf(reference.stats.get(name)!)));

  const optimizer = new Adam();
  const rates = golden.get("steps.learning_rate")!.data as Float32Array;
  for (const [step, learningRate] of rates.entries()) {
    const { losses, gradientNorm } = trainingStep(model, batch, optimizer, { learningRate });
    for (const [name, tensor] of [["loss", losses.loss], ["grad_norm", gradientNorm]] as const) {
      const error = await relativeError(tensor, [golden.get(`steps.${name}`)!.data[step] as number]);
      assert.ok(error <= FORWARD, `${name} of step ${step + 1}: relative error ${error}`);
    }
    tf.dispose([...Object.values(losses), gradientNorm]);
  }
  for (const [name, parameter] of model.parameters) {
    await close(`after3.${name}`, tf.clone(parameter), PARAMETER, "parameters", unstable[name]);
  }
  for (const [name, value] of model.statistics ?? []) {
    await close(`after3.stats.${name}`, tf.clone(value), PARAMETER, "parameters", unstable[`stats.${name}`]);
  }
  optimizer.dispose();
  disposeModel(model);
  tf.dispose([batch.pixels as tf.Tensor, batch.states!]);
  return worst;
}
