/**
 * Pictures decoded beside the main thread, which computes.
 *
 * @module
 */
import { WorkerCalls } from "../worker_calls.ts";
import type { PixelOptions } from "./preprocess.ts";

/** A picture that the worker is to read. */
export interface PixelOrder {
  /** Its file. */
  path: string;
  /** How it is prepared. */
  options: PixelOptions;
}

/**
 * Reads pictures as `readPixels` does, in a thread of its own that begins with the first of them: a training step holds the
 * main thread from its beginning to its end, and the pictures of the next one are decoded meanwhile.
 */
export class PixelReader implements Disposable {
  readonly #options: PixelOptions;
  #worker: WorkerCalls<PixelOrder, Float32Array<ArrayBuffer>> | undefined;

  /** Nothing is started yet. All pictures are prepared alike. */
  constructor(options: PixelOptions) {
    this.#options = options;
  }

  /**
   * Reads a picture.
   *
   * @returns `[3 * S * S]`, as `readPixels` gives them
   * @throws {InputError} where the file is missing or no readable picture; names the path.
   */
  read(path: string): Promise<Float32Array<ArrayBuffer>> {
    this.#worker ??= new WorkerCalls(import.meta.resolve("./pixel_reader_worker.ts"));
    return this.#worker.ask({ path, options: this.#options });
  }

  /** Ends the thread. What was asked for and has not come will not come. */
  [Symbol.dispose](): void {
    this.#worker?.end();
    this.#worker = undefined;
  }
}
