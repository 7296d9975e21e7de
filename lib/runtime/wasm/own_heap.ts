/** Our kernels on a separate heap, for work without tensors, on any backend. */
import KERNELS_BASE64 from "./kernels_binary.txt" with { type: "text" };

/** A kernel of `kernels.c`: numbers in, pointers as byte offsets. */
export type Kernel = (...values: number[]) => void;

const PAGE = 65536;

let compiled: WebAssembly.Module | undefined;

/** A heap that allocates from its beginning and is freed as a whole by the garbage collector. */
export class OwnHeap {
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Record<string, Kernel>;
  #end = 0;

  /**
   * Creates a heap for a number of 4-byte values.
   *
   * @throws {RangeError} if the machine has too little memory.
   */
  constructor(values: number) {
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(values * 4 / PAGE) + 1 });
    compiled ??= new WebAssembly.Module(Uint8Array.fromBase64(KERNELS_BASE64));
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } });
    this.#kernels = exports as unknown as Record<string, Kernel>;
  }

  /** Allocates 4-byte values; returns their byte offset. */
  give(values: number): number {
    const offset = this.#end;
    this.#end += Math.ceil(values / 4) * 16;
    return offset;
  }

  /** Frees all that was allocated. */
  clear(): void {
    this.#end = 0;
  }

  /** All bytes of the heap. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer);
  }

  /** 4-byte floats at an offset. */
  floats(offset: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer as ArrayBuffer, offset, length);
  }

  /** 8-byte floats at an offset; each takes the space of two values. */
  doubles(offset: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#memory.buffer as ArrayBuffer, offset, length);
  }

  /** 4-byte integers at an offset. */
  integers(offset: number, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#memory.buffer as ArrayBuffer, offset, length);
  }

  /** A kernel of `kernels.c`. */
  kernel(name: string): Kernel {
    return this.#kernels[name] as Kernel;
  }
}
