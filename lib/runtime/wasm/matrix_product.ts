/**
 * Matrix products on the wasm backend's heap: by a native BLAS, or by our own kernel where there is none.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Blas, findBlas, type Gemm, type HeapBytes } from "./blas.ts";
import { kernel, offsetOf, output, withScratch } from "./heap.ts";
import type { OwnHeap } from "./own_heap.ts";

/** Floats that the kernel `sgemm` needs beside its operands, see `kernels.c`. */
export const WORK = (96 + 1024) * 256 + 4 * 8;

/** The product of `kernels.c`. Unlike TensorFlow.js's own it is as fast with transposed operands, as in backward passes. */
const ownGemm: Gemm = (ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) =>
  withScratch(WORK, (work) => kernel("sgemm")(+ta, +tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, work));

let current: Gemm = ownGemm;
let choice: boolean | string = true;

/** The product in use. */
export const gemm: Gemm = (...values) => current(...values);

/**
 * Chooses the library for all further products.
 *
 * @param blas true for the first library found, a path for that one, false for none
 * @returns the library's path, or undefined where our own kernel serves
 */
export function chooseBlas(blas: boolean | string): string | undefined {
  const found: Blas | undefined = blas === false ? undefined : findBlas(blas === true ? undefined : blas);
  current = found?.gemm ?? ownGemm;
  choice = blas;
  return found?.path;
}

/** The product on another heap than the backend's, of which it takes {@link WORK} values: the chosen library's, or our own. */
export function gemmOn(heap: OwnHeap): Gemm {
  const work = heap.give(WORK);
  const own = heap.kernel("sgemm");
  return blasOn(() => heap.bytes()) ??
    ((ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) =>
      own(+ta, +tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, work));
}

/** The chosen library's product on another heap; undefined where there is none, or none may be loaded. */
function blasOn(bytes: HeapBytes): Gemm | undefined {
  if (choice === false) return undefined;
  try {
    return findBlas(choice === true ? undefined : choice, bytes)?.gemm;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined; // not allowed to ask the environment
    throw error;
  }
}

/**
 * `a b` in batches with broadcasting, in place of TensorFlow.js's kernel `BatchMatMul`.
 *
 * @throws {RangeError} where the inner sizes differ.
 */
export function batchMatMul(
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): tf.TensorInfo {
  const [m, k] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
  const [same, n] = transposeB ? [b.shape.at(-1), b.shape.at(-2)] : [b.shape.at(-2), b.shape.at(-1)];
  if (k !== same) {
    throw new RangeError(
      `Cannot multiply [${a.shape}] by [${b.shape}] as the inner sizes must be equal: ${k}, ${same}`,
    );
  }
  const [rows, inner, columns] = [m, k, n] as [number, number, number];
  const batches = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = output([...batches, rows, columns]);
  const [sizeA, sizeB] = [rows * inner, inner * columns];
  const [startA, startB, startOut] = [offsetOf(a), offsetOf(b), offsetOf(out)];
  const [lda, ldb] = [a.shape.at(-1) as number, b.shape.at(-1) as number];
  const count = batches.reduce((product, size) => product * size, 1);
  const [placesA, placesB] = [placesIn(a, batches), placesIn(b, batches)];
  for (let i = 0; i < count; i++) {
    const [atA, atB] = [startA + placesA(i) * sizeA * 4, startB + placesB(i) * sizeB * 4];
    gemm(
      transposeA,
      transposeB,
      rows,
      columns,
      inner,
      1,
      atA,
      lda,
      atB,
      ldb,
      0,
      startOut + i * rows * columns * 4,
      columns,
    );
  }
  return out;
}

/** From a batch's number in the broadcast shape to the number of the operand's own matrix. */
function placesIn(operand: tf.TensorInfo, batches: number[]): (index: number) => number {
  const own = operand.shape.slice(0, -2);
  if (own.length === batches.length && own.every((size, i) => size === batches[i])) return (index) => index;
  const padded = [...Array(batches.length - own.length).fill(1), ...own] as number[];
  return (index) => {
    let [place, stride, rest] = [0, 1, index];
    for (let axis = batches.length - 1; axis >= 0; axis--) {
      const size = batches[axis] as number;
      if (padded[axis] !== 1) place += (rest % size) * stride;
      stride *= padded[axis] as number;
      rest = Math.floor(rest / size);
    }
    return place;
  };
}
