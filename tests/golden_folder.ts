/** A folder of golden numbers: a small model, a batch, and what the reference made of them. Used by tests only. */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { loadClip } from "../lib/clip/load.ts";
import type { Clip } from "../lib/clip/clip.ts";
import { readJson } from "../lib/files/read.ts";
import type { AcousticConfig } from "../lib/systems/acoustic_config.ts";
import type { BrewClip } from "../lib/systems/brewclip.ts";
import { parameterShapes } from "../lib/systems/parameters.ts";
import type { Variant } from "../lib/systems/variants.ts";
import { readSafetensors, type StoredTensor } from "../lib/files/safetensors.ts";

/** What the folder holds, on the host. */
export interface GoldenFolder {
  clip: Clip;
  acoustic: AcousticConfig;
  ids: number[][];
  pixels: Float32Array[];
  states: StoredTensor;
  lengths?: number[];
  imageIds?: number[];
  trainable: Map<string, StoredTensor>;
  golden: Map<string, StoredTensor>;
}

/** Loads a folder of config.json, acoustic.json, model, batch, trainable and golden.safetensors. */
export async function loadGoldenFolder(directory: string): Promise<GoldenFolder> {
  const sizes = await readJson(join(directory, "acoustic.json")) as Record<string, number>;
  const batch = await readSafetensors(join(directory, "batch.safetensors"));
  const numbers = (name: string) => batch.has(name) ? Array.from(batch.get(name)!.data, Number) : undefined;
  const rows = batch.get("ids")!.shape[0]!;
  const split = <T>(values: ArrayLike<T> & { slice(a: number, b: number): ArrayLike<T> }) => {
    const length = values.length / rows;
    return Array.from({ length: rows }, (_, i) => values.slice(i * length, (i + 1) * length));
  };
  const [lengths, imageIds] = [numbers("lengths"), numbers("image_ids")];
  return {
    clip: await loadClip(directory),
    acoustic: {
      whisperWidth: sizes.whisper_width!,
      promptLength: sizes.prompt_length!,
      heads: sizes.heads!,
      feedforward: sizes.feedforward!,
      dropout: 0.1,
    },
    ids: split(numbers("ids")!) as number[][],
    pixels: split(batch.get("pixels")!.data as Float32Array) as Float32Array[],
    states: batch.get("whisper")!,
    ...(lengths ? { lengths } : {}),
    ...(imageIds ? { imageIds } : {}),
    trainable: await readSafetensors(join(directory, "trainable.safetensors")),
    golden: await readSafetensors(join(directory, "golden.safetensors")),
  };
}

/** A model with the folder's parameters. */
export function goldenModel(folder: GoldenFolder, variant: Variant = "full"): BrewClip {
  const parameters = new Map<string, tf.Variable>();
  for (const [name, shape] of parameterShapes(variant, folder.clip.config, folder.acoustic)) {
    const { data } = folder.trainable.get(name)!;
    parameters.set(name, tf.tidy(() => tf.variable(tf.tensor(data as Float32Array, shape))));
  }
  return { variant, clip: folder.clip, acoustic: folder.acoustic, parameters };
}

/** The states as a tensor. */
export function goldenStates({ states }: GoldenFolder): tf.Tensor3D {
  return tf.tensor3d(states.data as Float32Array, states.shape as [number, number, number]);
}

/** The largest difference, as a share of the largest expected value. */
export async function relativeError(actual: tf.Tensor, expected: StoredTensor | ArrayLike<number>): Promise<number> {
  const values = await actual.data();
  const wanted = "data" in expected ? expected.data as Float32Array : expected;
  if (values.length !== wanted.length) throw new Error(`${values.length} values, expected ${wanted.length}`);
  let [difference, size] = [0, 1e-30];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) return Infinity;
    difference = Math.max(difference, Math.abs(values[i]! - wanted[i]!));
    size = Math.max(size, Math.abs(wanted[i]!));
  }
  return difference / size;
}
