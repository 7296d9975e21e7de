/** The memory of TensorFlow.js's wasm backend, shared with our kernels and with a native library. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { InputError } from "../../errors.ts";
import KERNELS_BASE64 from "./kernels_binary.txt" with { type: "text" };
import type { Kernel } from "./own_heap.ts";

/** The part of TensorFlow.js's wasm backend that we use. */
interface WasmBackend {
  wasm: Allocator & { HEAPU8: Uint8Array<ArrayBuffer> };
  dataIdMap: { get(dataId: object): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
}

/** The allocator of an Emscripten module. */
interface Allocator {
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

let memory: WebAssembly.Memory | undefined;
let kernels: Record<string, Kernel> | undefined;

/** Runs an action and captures the memory of the WebAssembly module that it starts. */
async function captureMemory(action: () => Promise<unknown>): Promise<void> {
  const instantiate = WebAssembly.instantiate;
  const watching = async (...values: Parameters<typeof instantiate>): Promise<unknown> => {
    const result = await instantiate(...values) as unknown as { instance?: WebAssembly.Instance };
    const { exports } = result.instance ?? result as unknown as WebAssembly.Instance;
    memory ??= Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
    return result;
  };
  Object.assign(WebAssembly, { instantiate: watching });
  try {
    await action();
  } finally {
    Object.assign(WebAssembly, { instantiate });
  }
}

/**
 * Starts the wasm backend and our kernels on its memory.
 *
 * @returns whether our kernels can be used; if not, TensorFlow.js's own are.
 */
export async function startWasm(): Promise<boolean> {
  if (kernels) return tf.setBackend("wasm");
  let started = false;
  await captureMemory(async () => started = await tf.setBackend("wasm"));
  if (!started) throw new Error("TensorFlow.js's wasm backend does not start");
  refuseWhenFull(backend().wasm);
  if (!memory || memory.buffer !== backend().wasm.HEAPU8.buffer) return false;
  const { instance } = await WebAssembly.instantiate(Uint8Array.fromBase64(KERNELS_BASE64), { env: { memory } });
  kernels = instance.exports as unknown as Record<string, Kernel>;
  return true;
}

function backend(): WasmBackend {
  return tf.backend() as unknown as WasmBackend;
}

/** One of the compiled kernels. */
export function kernel(name: string): Kernel {
  const found = kernels?.[name];
  if (!found) throw new Error(`Cannot run kernel '${name}' as it is not loaded: call startWasm first`);
  return found;
}

/** The offset of a tensor's data on the heap, in bytes. */
export function offsetOf(tensor: tf.TensorInfo): number {
  return backend().dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A new, uninitialized tensor on the heap. */
export function output(shape: number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
  return backend().makeOutput(shape, dtype);
}

/** Another reference to the same data, which are freed with the last reference. */
export function share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend().incRef(dataId);
  return { dataId, shape, dtype };
}

/** Runs an action with temporary space for some floats on the heap, passed as byte offset. */
export function withScratch<T>(floats: number, action: (offset: number) => T): T {
  const scratch = output([floats]);
  try {
    return action(offsetOf(scratch));
  } finally {
    backend().disposeData(scratch.dataId);
  }
}

/** All bytes of the heap. Read it again after every allocation, since the heap may grow. */
export function heapBytes(): Uint8Array<ArrayBuffer> {
  return backend().wasm.HEAPU8;
}

/** Maximum size of the heap in bytes, set by its 32-bit addresses. */
export const HEAP_BYTES = 2 ** 32;

/**
 * Makes the allocator throw when it runs out of memory. Otherwise TensorFlow.js uses the address 0 for a tensor, overwrites
 * what is there, and a later operation traps.
 */
export function refuseWhenFull(wasm: Allocator): void {
  wasm._free(wasm._malloc(8)); // the first call replaces the allocator by its final form
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
    `Cannot compute as the backend 'wasm' cannot allocate another ${megabytes} MB: its memory ends at 4096 MB. Use a smaller ` +
      `--micro-batch in training (it does not change the batch and its negatives), smaller batches elsewhere, or another --backend.`,
  );
}

/** Bytes that the current backend has left, at least; Infinity if its limit is unknown. */
export function roomLeft(): number {
  return tf.getBackend() === "wasm" ? Math.max(0, HEAP_BYTES - tf.memory().numBytes) : Infinity;
}
