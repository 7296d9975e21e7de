/**
 * Matrix products on the wasm backend's heap: by a native BLAS, or by our own kernel where there is none.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError, messageOf } from "../../errors.ts";
import { heapBytes, kernel, offsetOf, output, withScratch } from "./heap.ts";
import type { OwnHeap } from "./own_heap.ts";

/** A matrix product on the heap, as `cblas_sgemm` in row-major order; the matrices are byte offsets on the heap. */
export type Gemm = (
  transposeA: boolean,
  transposeB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
) => void;

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

/** All bytes of a heap as it is now. */
type HeapBytes = () => Uint8Array<ArrayBuffer>;

/** A library that was found. */
interface Blas {
  /** Its path or name, as it was opened. */
  path: string;
  /** Its matrix product. */
  gemm: Gemm;
}

/** Names of libraries to try, by operating system, best first. */
const CANDIDATES: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libopenblas.so.0", "libopenblas.so", "libmkl_rt.so.2", "libmkl_rt.so"],
  darwin: [
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ],
  windows: ["libopenblas.dll", "openblas.dll", "mkl_rt.2.dll", "mkl_rt.dll"],
};

const SYMBOLS = {
  cblas_sgemm: {
    parameters: [
      "i32",
      "i32",
      "i32",
      "i32",
      "i32",
      "i32",
      "f32",
      "usize",
      "i32",
      "usize",
      "i32",
      "f32",
      "usize",
      "i32",
    ],
    result: "void",
  },
} as const satisfies Deno.ForeignLibraryInterface;

const [ROW_MAJOR, PLAIN, TRANSPOSED] = [101, 111, 112];

function openBlas(path: string, heapBytes: HeapBytes): Blas {
  const { symbols: { cblas_sgemm: sgemm } } = Deno.dlopen(path, SYMBOLS);
  let [heap, base]: [ArrayBuffer | undefined, number] = [undefined, 0];
  return {
    path,
    gemm: (transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) => {
      const bytes = heapBytes();
      if (bytes.buffer !== heap) {
        heap = bytes.buffer;
        base = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
      }
      const [ta, tb] = [transposeA ? TRANSPOSED : PLAIN, transposeB ? TRANSPOSED : PLAIN];
      sgemm(
        ROW_MAJOR as number,
        ta as number,
        tb as number,
        m,
        n,
        k,
        alpha,
        base + a as unknown as bigint,
        lda,
        base + b as unknown as bigint,
        ldb,
        beta,
        base + c as unknown as bigint,
        ldc,
      );
    },
  };
}

/**
 * Opens a BLAS library: the given one, that of the environment variable `BREWCLIP_BLAS`, or the first that the system has.
 *
 * @param path a library's path or name, or "none"
 * @param bytes the heap that holds its matrices; default the wasm backend's
 * @returns undefined where none is found, or none may be loaded without `--allow-ffi`
 * @throws {InputError} where a library was named and cannot be opened, or has no `cblas_sgemm`.
 */
function findBlas(path?: string, bytes: HeapBytes = heapBytes): Blas | undefined {
  const named = path ?? Deno.env.get("BREWCLIP_BLAS");
  if (named === "none") return undefined;
  if (named) {
    try {
      return openBlas(named, bytes);
    } catch (error) {
      throw new InputError(
        `Cannot use '${named}' as BLAS: ${messageOf(error)}. Give the path of a library with cblas_sgemm, or set ` +
          `BREWCLIP_BLAS=none to do without.`,
      );
    }
  }
  for (const candidate of CANDIDATES[Deno.build.os] ?? []) {
    try {
      return openBlas(candidate, bytes);
    } catch {
      continue; // Not on this system: the next one.
    }
  }
  return undefined;
}
