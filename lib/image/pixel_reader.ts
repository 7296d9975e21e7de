/**
 * Images decoded beside the main thread, which computes.
 *
 * @module
 */
import { WorkerCalls } from "../worker_calls.ts";
import type { PixelOptions } from "./preprocess.ts";

/** An order to the worker: read an image, or read no more of those that wait. */
export type PixelOrder = { path: string; options: PixelOptions } | "stop";

/**
 * Reads images as `readPixels` does, in a thread of its own that begins with the first of them: a training step holds the
 * main thread from its beginning to its end, and the images of the next one are decoded meanwhile.
 */
export class PixelReader implements AsyncDisposable {
  readonly #options: PixelOptions;
  #worker: WorkerCalls<PixelOrder, Float32Array<ArrayBuffer> | undefined> | undefined;

  /** Nothing is started yet. All images are prepared alike. */
  constructor(options: PixelOptions) {
    this.#options = options;
  }

  /**
   * Reads an image.
   *
   * @returns `[3 * S * S]`, as `readPixels` gives them
   * @throws {InputError} where the file is missing or no readable image; names the path.
   */
  async read(path: string): Promise<Float32Array<ArrayBuffer>> {
    this.#worker ??= new WorkerCalls(import.meta.resolve("./pixel_reader_worker.ts"));
    const pixels = await this.#worker.ask({ path, options: this.#options });
    return pixels ?? await new Promise<never>(() => {}); // it was stopped
  }

  /**
   * Ends the thread when the images that are being decoded are done: the decoder is native code, which must not lose its
   * thread. What was asked for and has not come will not come.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.ask("stop").catch(() => {}); // one that failed has ended
    worker?.end();
  }
}
