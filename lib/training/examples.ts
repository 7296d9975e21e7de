/**
 * Pairs made ready for the model: tokens and states in memory, pictures read when a batch wants them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Speech } from "../systems/brewclip.ts";
import type { Pictures } from "./pictures.ts";

/** One recording with its picture. */
export interface Example {
  /** The pair's name. */
  id: string;
  /** The picture's name: pairs of one picture are no negatives of each other. */
  imageId: string;
  /** The picture's file. */
  image: string;
  /** Examples of one group may come into a batch together; as hard negatives. */
  group?: string | undefined;
  /**
   * Tokens of the transcript or of the caption, SOS and EOS included: a row for each window of the text, at least one; none
   * for a variant without text.
   */
  texts?: readonly ArrayLike<number>[] | undefined;
  /** Whisper's states, for variants with an acoustic branch. */
  states?: FrameStates | undefined;
}

/** States of Whisper's encoder for one recording. */
export interface FrameStates {
  /** Reads or computes the `frames * width` values, row-major; called whenever a batch wants them. */
  values: () => Promise<Float32Array>;
  /** Frames of real audio, 50 a second. */
  frames: number;
  /** Width Z of the encoder. */
  width: number;
}

/** What a step takes: row i of everything belongs to pair i. */
export interface Batch {
  /** Names of the pictures. */
  imageIds: string[];
  /** `[3 * S * S]` values a picture; the same picture is the same array. */
  pixels: Float32Array[];
  /** Tokens, states and lengths. */
  speech: Speech;
  /** Frees the tensors. */
  dispose(): void;
}

/**
 * Joins the speech of some examples. Frames past the longest recording of the batch are not made.
 *
 * @param examples all with tokens or all without, and likewise with states of one width
 */
export async function joinSpeech(examples: readonly Example[]): Promise<Speech> {
  const speech: Speech = {};
  if (examples[0]?.texts !== undefined) {
    speech.ids = examples.flatMap(({ texts = [] }) => texts);
    speech.windows = examples.map(({ texts = [] }) => texts.length);
  }
  const states = examples.flatMap((example) => example.states ?? []);
  if (states.length > 0) {
    const width = (states[0] as FrameStates).width;
    const longest = Math.max(...states.map(({ frames }) => frames));
    const values = new Float32Array(states.length * longest * width);
    const read = await Promise.all(states.map((state) => state.values()));
    states.forEach(({ frames }, row) => values.set(read[row]!.subarray(0, frames * width), row * longest * width));
    speech.states = tf.tensor3d(values, [states.length, longest, width]); // [B, S, Z]
    speech.lengths = states.map(({ frames }) => frames);
  }
  return speech;
}

/**
 * Reads a batch. Examples whose picture cannot be used are left out of it, which {@link Pictures} tells and lists.
 *
 * @returns undefined where no example is left.
 */
export async function readBatch(examples: readonly Example[], pictures: Pictures): Promise<Batch | undefined> {
  const read = await Promise.all(examples.map((example) => pictures.get(example.image)));
  const usable = examples.filter((_, index) => read[index] !== undefined);
  if (usable.length === 0) return undefined;
  const speech = await joinSpeech(usable);
  return {
    imageIds: usable.map((example) => example.imageId),
    pixels: read.filter((picture) => picture !== undefined),
    speech,
    dispose: () => speech.states?.dispose(),
  };
}
