/**
 * Pictures, decoded once and kept as long as they fit.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import type { LeftOut } from "./left_out.ts";

/** Reads pictures through a memory of limited size; one that cannot be read is left out, told and listed. */
export class Pictures {
  readonly #read: (path: string) => Promise<Float32Array>;
  readonly #leftOut: LeftOut;
  readonly #limit: number;
  readonly #kept = new Map<string, Promise<Float32Array | undefined>>();

  /**
   * An empty memory.
   *
   * @param options.read decodes and normalizes one picture
   * @param options.limit pictures that are kept in memory
   */
  constructor(options: { read: (path: string) => Promise<Float32Array>; leftOut: LeftOut; limit: number }) {
    this.#read = options.read;
    this.#leftOut = options.leftOut;
    this.#limit = options.limit;
  }

  /** Begins to read pictures that will be asked for soon; those that are kept are kept longer. */
  readAhead(paths: readonly string[]): void {
    for (const path of paths.slice(0, this.#limit)) void this.get(path);
  }

  /** The values of a picture, the same array each time while it is kept; undefined where it cannot be read. */
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
