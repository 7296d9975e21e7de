/**
 * Slices on the wasm backend's heap. TensorFlow.js's own kernel first copies the whole input out of the heap, however
 * small the slice; these copy the slice alone.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { heapBytes, offsetOf, output } from "./heap.ts";

/** Bytes of an element of every type that the wasm backend keeps on its heap, but bool. */
const BYTES = 4;

const productOf = (sizes: number[]): number => sizes.reduce((product, size) => product * size, 1);

/** The part of `x` of the given size that begins at the given place of each axis. */
export function slice(x: tf.TensorInfo, begin: number[], size: number[]): tf.TensorInfo {
  const out = output(size, x.dtype);
  if (productOf(size) === 0) return out;
  const bytes = x.dtype === "bool" ? 1 : BYTES;
  // From this axis on the slice is whole, so that what stands before it is copied in single runs.
  let axis = size.length;
  while (axis > 0 && size[axis - 1] === x.shape[axis - 1]) axis--;
  axis = Math.max(0, axis - 1);
  const run = productOf(size.slice(axis)) * bytes;
  const strides = x.shape.map((_, i) => productOf(x.shape.slice(i + 1)) * bytes);
  const start = offsetOf(x) + begin.reduce((sum, place, i) => sum + place * (strides[i] as number), 0);
  const heap = heapBytes();
  const outer = size.slice(0, axis);
  const place = outer.map(() => 0);
  const count = productOf(outer);
  for (let n = 0, to = offsetOf(out), from = start; n < count; n++, to += run) {
    heap.copyWithin(to, from, from + run);
    for (let i = axis - 1; i >= 0; i--) {
      place[i] = (place[i] as number) + 1;
      from += strides[i] as number;
      if ((place[i] as number) < (outer[i] as number)) break;
      from -= (outer[i] as number) * (strides[i] as number);
      place[i] = 0;
    }
  }
  return out;
}

/** The parts of `x` along one axis, one after the other. */
export function splitAlong(x: tf.TensorInfo, numOrSizes: number | number[], axis: number): tf.TensorInfo[] {
  const along = tf.util.parseAxisParam(axis, x.shape)[0] as number;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizes, along);
  let start = 0;
  return sizes.map((size) => {
    const part = slice(x, x.shape.map((_, i) => i === along ? start : 0), x.shape.with(along, size));
    start += size;
    return part;
  });
}
