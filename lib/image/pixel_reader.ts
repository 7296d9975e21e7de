/** Decodes images in a worker while the main thread computes. */
import { WorkerCalls } from "../worker_calls.ts";
import type { PixelOptions } from "./preprocess.ts";

/** A file, or the bytes of one with a name for error messages. */
type ImageSource = string | { name: string; bytes: Uint8Array };

/** A message to the worker: read an image, or cancel the images that wait. */
export type PixelOrder = { image: ImageSource; options: PixelOptions } | "stop";

/**
 * Reads images as `readPixels` does, in a worker that is started with the first image. A training step blocks the main
 * thread, and the images of the next step are decoded meanwhile.
 */
export class PixelReader implements AsyncDisposable {
  readonly #options: PixelOptions;
  #worker: WorkerCalls<PixelOrder, Float32Array<ArrayBuffer> | undefined> | undefined;

  /** All images are prepared with the same options. */
  constructor(options: PixelOptions) {
    this.#options = options;
  }

  /**
   * Reads an image.
   *
   * @returns `[3 * S * S]`, as `readPixels` gives them
   * @throws {InputError} if the file is missing or is not a readable image. Names the path.
   */
  async read(image: ImageSource): Promise<Float32Array<ArrayBuffer>> {
    this.#worker ??= new WorkerCalls(import.meta.resolve("./pixel_reader_worker.ts"));
    const pixels = await this.#worker.ask({ image, options: this.#options });
    return pixels ?? await new Promise<never>(() => {}); // it was stopped
  }

  /**
   * Ends the worker after the images that are being decoded, as the native decoder must not lose its thread. Images that
   * wait are never returned.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.ask("stop").catch(() => {}); // a worker that failed has ended
    worker?.end();
  }
}
