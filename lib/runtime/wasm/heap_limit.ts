/**
 * The end of the wasm heap, as an error that says what to do.
 *
 * @module
 */
import { InputError } from "../../errors.ts";

/** The most that 32-bit addresses reach, in bytes: where the heap ends, whatever memory the machine has. */
export const HEAP_BYTES = 2 ** 32;

/** The part of an Emscripten module that gives memory. */
interface Allocator {
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

/**
 * Makes the allocator throw where it finds no room. Without that TensorFlow.js takes the address 0 for a tensor, overwrites
 * what lies there, and some operation later ends in a trap.
 */
export function refuseWhenFull(wasm: Allocator): void {
  wasm._free(wasm._malloc(8)); // at its first call the allocator puts its final form in its place
  const allocate = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const offset = bytes < HEAP_BYTES ? allocate(bytes) : 0;
    if (offset === 0 && bytes > 0) throw heapFull(bytes);
    return offset;
  };
}

function heapFull(bytes: number): InputError {
  const megabytes = Math.ceil(bytes / 2 ** 20);
  return new InputError(
    `Cannot compute as the backend 'wasm' has no room for ${megabytes} MB more: its memory ends at 4096 MB. Use a smaller ` +
      `--micro-batch in training (it keeps the batch and its negatives), smaller batches elsewhere, or another --backend.`,
  );
}
