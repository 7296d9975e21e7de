/**
 * Pairs prepared for the model: tokens and states in memory, images read when a batch needs them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { messageOf } from "../errors.ts";
import type { Speech } from "../systems/brewclip.ts";
import type { LeftOut } from "./run_logs.ts";

/** One recording with its image. */
export interface Example {
  /** The pair's name. */
  id: string;
  /** The image's name: pairs of one image are no negatives of each other. */
  imageId: string;
  /** The image's file. */
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

/** A batch of N pairs; row i of every part belongs to pair i. */
export interface PairBatch extends Speech {
  /** The images. */
  pixels: Pixels;
  /** The image of each pair; other pairs of the same one are no negatives. Default all differ. */
  imageIds?: readonly (string | number)[] | undefined;
}

/** A batch that was read from files. */
export interface Batch extends PairBatch {
  /** Names of the images. */
  imageIds: string[];
  /** `[3 * S * S]` values an image; the same image is the same array. */
  pixels: Float32Array[];
  /** Frees the tensors. */
  dispose(): void;
}

/**
 * Joins the speech of some examples. Frames past the longest recording of the batch are not made.
 *
 * @param examples all with tokens or all without, and likewise with states of one width
 */
export async function joinSpeech(examples: readonly Pick<Example, "texts" | "states">[]): Promise<Speech> {
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
 * Reads a batch. Examples whose image cannot be used are skipped; {@link Images} reports and lists them.
 *
 * @returns undefined where no example is left.
 */
export async function readBatch(examples: readonly Example[], pictures: Images): Promise<Batch | undefined> {
  const read = await Promise.all(examples.map((example) => pictures.get(example.image)));
  const usable = examples.filter((_, index) => read[index] !== undefined);
  if (usable.length === 0) return undefined;
  const speech = await joinSpeech(usable);
  return {
    imageIds: usable.map((example) => example.imageId),
    pixels: read.filter((picture) => picture !== undefined),
    ...speech,
    dispose: () => speech.states?.dispose(),
  };
}

/** Reads images through a memory of limited size; one that cannot be read is skipped, reported and listed. */
export class Images {
  readonly #read: (path: string) => Promise<Float32Array>;
  readonly #leftOut: LeftOut;
  readonly #limit: number;
  readonly #kept = new Map<string, Promise<Float32Array | undefined>>();

  /**
   * An empty memory.
   *
   * @param options.read decodes and normalizes one image
   * @param options.limit images that are kept in memory
   */
  constructor(options: { read: (path: string) => Promise<Float32Array>; leftOut: LeftOut; limit: number }) {
    this.#read = options.read;
    this.#leftOut = options.leftOut;
    this.#limit = options.limit;
  }

  /** Begins to read images that are needed soon; those in memory stay longer. */
  readAhead(paths: readonly string[]): void {
    for (const path of paths.slice(0, this.#limit)) void this.get(path);
  }

  /** The values of an image, the same array each time while it is kept; undefined where it cannot be read. */
  get(path: string): Promise<Float32Array | undefined> {
    const kept = this.#kept.get(path);
    if (kept !== undefined) {
      this.#kept.delete(path); // put back at the end: the oldest use goes first
      this.#kept.set(path, kept);
      return kept;
    }
    const reading = this.#read(path).catch(async (error) => {
      await this.#leftOut.add({ kind: "picture", path, reason: messageOf(error) });
      return undefined;
    });
    this.#kept.set(path, reading);
    if (this.#kept.size > this.#limit) this.#kept.delete(this.#kept.keys().next().value as string);
    return reading;
  }
}
