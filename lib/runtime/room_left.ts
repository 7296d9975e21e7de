/**
 * How much memory tensors may still take.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { HEAP_BYTES } from "./wasm/heap_limit.ts";

/** Bytes that the backend in use has left; Infinity where its end is not known. Never more than there is. */
export function roomLeft(): number {
  return tf.getBackend() === "wasm" ? Math.max(0, HEAP_BYTES - tf.memory().numBytes) : Infinity;
}
