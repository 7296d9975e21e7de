/**
 * Features of a whole split.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { type BrewClip, encodePictures, encodeSpeech } from "../systems/brewclip.ts";
import { type Example, joinSpeech, type Pictures } from "../training/examples.ts";

/** Rows of length 1 on the host: one a picture, one a recording. */
export interface SplitFeatures {
  /** `[I, D]`, row-major. */
  images: Float32Array;
  /** Name of each picture. */
  imageIds: string[];
  /** `[R, D]`, row-major. */
  speech: Float32Array;
  /** Name of each recording's picture. */
  speechImageIds: string[];
  /** Name of each recording's pair. */
  ids: string[];
  /** Joint width D. */
  width: number;
}

/** Rows a run of a tower: enough to keep a machine busy, few enough to fit. */
const ROWS = 32;

/**
 * Encodes each different picture and each recording once. Recordings whose picture cannot be read are left out.
 *
 * @throws {InputError} where nothing is left, or a feature is no finite number.
 */
export async function splitFeatures(
  model: BrewClip,
  examples: readonly Example[],
  pictures: Pictures,
): Promise<SplitFeatures> {
  const files = new Map(examples.map((example) => [example.imageId, example.image]));
  const imageIds: string[] = [];
  const images: Float32Array[] = [];
  const pictureGroups = groups([...files]);
  for (const [g, group] of pictureGroups.entries()) {
    const read = await Promise.all(group.map(([, file]) => pictures.get(file)));
    pictures.readAhead((pictureGroups[g + 1] ?? []).map(([, file]) => file));
    const usable = read.filter((picture) => picture !== undefined);
    group.forEach(([id], index) => read[index] !== undefined && imageIds.push(id));
    if (usable.length > 0) images.push(await values(encodePictures(model, usable)));
  }
  const seen = new Set(imageIds);
  const heard = examples.filter((example) => seen.has(example.imageId));
  if (heard.length === 0) {
    throw new InputError(
      `Cannot compute features as none of ${examples.length} recordings has a picture that can be read: expected at least 1.`,
    );
  }
  const speech: Float32Array[] = [];
  for (const group of groups(heard)) {
    const inputs = await joinSpeech(group);
    const features = encodeSpeech(model, inputs);
    inputs.states?.dispose();
    features.text?.dispose();
    features.acoustic?.dispose();
    speech.push(await values(features.speech));
  }
  return {
    images: joined(images),
    imageIds,
    speech: joined(speech),
    speechImageIds: heard.map((example) => example.imageId),
    ids: heard.map((example) => example.id),
    width: model.clip.config.projection,
  };
}

function groups<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / ROWS) }, (_, g) => items.slice(g * ROWS, (g + 1) * ROWS));
}

async function values(tensor: tf.Tensor2D): Promise<Float32Array> {
  const copy = Float32Array.from(await tensor.data<"float32">());
  tensor.dispose();
  if (!copy.every(Number.isFinite)) {
    throw new InputError(
      "Cannot rank as a feature is no finite number: the weights of CLIP or of the checkpoint are damaged.",
    );
  }
  return copy;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}
