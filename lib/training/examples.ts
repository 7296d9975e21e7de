/**
 * Pairs prepared for the model. Tokens are in memory; images and encoder states are read when a batch needs them.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { InputError, messageOf } from "../errors.ts";
import type { LossOptions, Speech } from "../systems/system.ts";
import type { SkippedFiles } from "./run_logs.ts";

/** One recording with its image. */
export interface Example {
  /** The pair's name. */
  id: string;
  /** The image's name. Pairs of the same image are not negatives of each other. */
  imageId: string;
  /** The image's file. */
  image: string;
  /** Examples of one group can be put into the same batch, as hard negatives. */
  group?: string | undefined;
  /**
   * Tokens of the transcript or caption with SOS and EOS, one row per window of the text. Undefined for variants without
   * text.
   */
  texts?: readonly ArrayLike<number>[] | undefined;
  /** The mean log-probability of the transcript's tokens. Default 0, which is certain: a caption or a typed text. */
  confidence?: number | undefined;
  /** Whisper's states, or frames of a log-mel spectrogram, for variants that read sound. */
  states?: FrameStates | undefined;
}

/** States of Whisper's encoder, or frames of a log-mel spectrogram, for one recording. */
export interface FrameStates {
  /** Reads or computes the `frames * width` values, row-major. Called each time a batch needs them. */
  values: () => Promise<Float32Array>;
  /** Frames of real audio: states come 50 a second, mel frames 100. */
  frames: number;
  /** Values of a frame. */
  width: number;
}

/** A batch of N pairs. Row i of every part belongs to pair i. */
export interface PairBatch extends Speech, Pick<LossOptions, "impostors"> {
  /** What the model reads of the images: their pixels, or what the frozen CLIP made of them. */
  pixels: Pixels;
  /** The image of each pair. Pairs of the same image are not negatives of each other. Default: all differ. */
  imageIds?: readonly (string | number)[] | undefined;
}

/** A batch read from files. */
export interface Batch extends PairBatch {
  /** Names of the images. */
  imageIds: string[];
  /** The values of each image, for example `[3 * S * S]` pixels. The same image is the same array. */
  pixels: Float32Array[];
  /** Frees the tensors. */
  dispose(): void;
}

/**
 * Collates the speech of some examples; states are padded to the longest recording of the batch.
 *
 * @param examples all or none have tokens; all or none have states, which share one width
 */
export async function joinSpeech(
  examples: readonly Pick<Example, "texts" | "confidence" | "states">[],
): Promise<Speech> {
  const speech: Speech = {};
  if (examples[0]?.texts !== undefined) {
    speech.ids = examples.flatMap(({ texts = [] }) => texts);
    speech.windows = examples.map(({ texts = [] }) => texts.length);
    speech.confidence = examples.map(({ confidence = 0 }) => confidence);
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
 * Reads a batch. Examples whose image cannot be read are skipped; {@link Images} reports and lists them.
 *
 * @returns undefined if no image can be read.
 */
export async function readBatch(examples: readonly Example[], images: Images): Promise<Batch | undefined> {
  const read = await Promise.all(examples.map((example) => images.get(example.image)));
  const usable = examples.filter((_, index) => read[index] !== undefined);
  if (usable.length === 0) return undefined;
  const speech = await joinSpeech(usable);
  return {
    imageIds: usable.map((example) => example.imageId),
    pixels: read.filter((pixels) => pixels !== undefined),
    ...speech,
    dispose: () => speech.states?.dispose(),
  };
}

/** Reads images through an LRU cache. An image that cannot be read is reported and listed once. */
export class Images {
  readonly #read: (path: string) => Promise<Float32Array>;
  readonly #skipped: SkippedFiles;
  readonly #limit: number;
  readonly #cache = new Map<string, Promise<Float32Array | undefined>>();

  /**
   * Starts with an empty cache.
   *
   * @param options.read decodes and normalizes one image
   * @param options.limit number of images in the cache
   */
  constructor(options: { read: (path: string) => Promise<Float32Array>; skipped: SkippedFiles; limit: number }) {
    this.#read = options.read;
    this.#skipped = options.skipped;
    this.#limit = options.limit;
  }

  /**
   * Images of what something computes of these, in a cache of its own.
   *
   * @param limit number of results in that cache
   */
  derive(compute: (values: Float32Array) => Promise<Float32Array>, limit: number): Images {
    const read = async (path: string): Promise<Float32Array> => {
      const values = await this.get(path);
      if (values === undefined) throw new InputError("it cannot be read"); // this cache reported why
      return await compute(values);
    };
    return new Images({ read, skipped: this.#skipped, limit });
  }

  /** Starts to read images that will be needed soon. */
  readAhead(paths: readonly string[]): void {
    for (const path of paths.slice(0, this.#limit)) void this.get(path);
  }

  /** The values of an image, the same array each time while it is cached; undefined if it cannot be read. */
  get(path: string): Promise<Float32Array | undefined> {
    const cached = this.#cache.get(path);
    if (cached !== undefined) {
      this.#cache.delete(path); // moves it to the end: the least recently used image is dropped first
      this.#cache.set(path, cached);
      return cached;
    }
    const reading = this.#read(path).catch(async (error) => {
      await this.#skipped.add({ kind: "picture", path, reason: messageOf(error) });
      return undefined;
    });
    this.#cache.set(path, reading);
    if (this.#cache.size > this.#limit) this.#cache.delete(this.#cache.keys().next().value as string);
    return reading;
  }
}
