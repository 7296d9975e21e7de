/**
 * Our kernels on a heap of their own, for work that is no tensor's: whatever backend computes those.
 *
 * @module
 */
import { KERNELS_BASE64 } from "./kernels_binary.ts";

/** A kernel of `kernels.c`: numbers in, pointers as byte offsets. */
export type Kernel = (...values: number[]) => void;

const PAGE = 65536;

let compiled: WebAssembly.Module | undefined;

/** A heap that is given out from its beginning and freed as a whole, when nothing holds it any more. */
export class OwnHeap {
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Record<string, Kernel>;
  #end = 0;

  /**
   * Makes a heap with room for so many values of 4 bytes.
   *
   * @throws {RangeError} where the machine has no such room.
   */
  constructor(values: number) {
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(values * 4 / PAGE) + 1 });
    compiled ??= new WebAssembly.Module(Uint8Array.fromBase64(KERNELS_BASE64));
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } });
    this.#kernels = exports as unknown as Record<string, Kernel>;
  }

  /** Room for so many values of 4 bytes, as a byte offset. */
  give(values: number): number {
    const offset = this.#end;
    this.#end += Math.ceil(values / 4) * 16;
    return offset;
  }

  /** All bytes of the heap. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer);
  }

  /** Values at an offset, as real numbers. */
  floats(offset: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer as ArrayBuffer, offset, length);
  }

  /** Values of 8 bytes at an offset; each takes the room of two. */
  doubles(offset: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#memory.buffer as ArrayBuffer, offset, length);
  }

  /** Values at an offset, as whole numbers. */
  integers(offset: number, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#memory.buffer as ArrayBuffer, offset, length);
  }

  /** A kernel of `kernels.c`. */
  kernel(name: string): Kernel {
    return this.#kernels[name] as Kernel;
  }
}
