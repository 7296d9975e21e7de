/** Matrix products on the wasm backend's heap: by a native BLAS if there is one, else by our own kernel. */
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

/** Floats of work space of the kernel `sgemm`, see `kernels.c`. */
export const WORK = (96 + 1024) * 256 + 4 * 8;

/** The product of `kernels.c`. Unlike TensorFlow.js's, it is as fast with transposed operands, as in backward passes. */
const ownGemm: Gemm = (ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) =>
  withScratch(WORK, (work) => kernel("sgemm")(+ta, +tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, work));

let current: Gemm = ownGemm;
let choice: boolean | string = true;

/** The current product. */
export const gemm: Gemm = (...values) => current(...values);

/**
 * Chooses the library for all further products.
 *
 * @param blas true for the first library found, the path of a library, or false for none
 * @returns the library's path, or undefined if our own kernel is used
 */
export function chooseBlas(blas: boolean | string): string | undefined {
  const found: Blas | undefined = blas === false ? undefined : findBlas(blas === true ? undefined : blas);
  current = found?.gemm ?? ownGemm;
  choice = blas;
  return found?.path;
}

/** The product on a separate heap, of which it allocates {@link WORK} values: the chosen library's, or our own. */
export function gemmOn(heap: OwnHeap): Gemm {
  const work = heap.give(WORK);
  const own = heap.kernel("sgemm");
  return blasOn(() => heap.bytes()) ??
    ((ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) =>
      own(+ta, +tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, work));
}

/** The chosen library's product on another heap; undefined if there is none or it may not be loaded. */
function blasOn(bytes: HeapBytes): Gemm | undefined {
  if (choice === false) return undefined;
  try {
    return findBlas(choice === true ? undefined : choice, bytes)?.gemm;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined; // may not read the environment
    throw error;
  }
}

/**
 * `a b` in batches with broadcasting, in place of TensorFlow.js's kernel `BatchMatMul`.
 *
 * @throws {RangeError} if the inner sizes differ.
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
  const [indexInA, indexInB] = [indexIn(a, batches), indexIn(b, batches)];
  for (let i = 0; i < count; i++) {
    const [atA, atB] = [startA + indexInA(i) * sizeA * 4, startB + indexInB(i) * sizeB * 4];
    const atOut = startOut + i * rows * columns * 4;
    gemm(transposeA, transposeB, rows, columns, inner, 1, atA, lda, atB, ldb, 0, atOut, columns);
  }
  return out;
}

/** Maps the index of a matrix in the broadcast shape to its index in the operand. */
function indexIn(operand: tf.TensorInfo, batches: number[]): (index: number) => number {
  const own = operand.shape.slice(0, -2);
  if (own.length === batches.length && own.every((size, i) => size === batches[i])) return (index) => index;
  const padded = [...Array(batches.length - own.length).fill(1), ...own] as number[];
  return (index) => {
    let [result, stride, rest] = [0, 1, index];
    for (let axis = batches.length - 1; axis >= 0; axis--) {
      const size = batches[axis] as number;
      if (padded[axis] !== 1) result += (rest % size) * stride;
      stride *= padded[axis] as number;
      rest = Math.floor(rest / size);
    }
    return result;
  };
}

/** Returns the current bytes of a heap. */
type HeapBytes = () => Uint8Array<ArrayBuffer>;

/** An opened library. */
interface Blas {
  path: string;
  gemm: Gemm;
}

/**
 * Libraries to try, by operating system, best first. The tasks' permissions name the same paths (`deno.json`); a mere name is
 * found only if any library may be loaded.
 */
export const CANDIDATES: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: [
    "/usr/lib/x86_64-linux-gnu/libopenblas.so.0",
    "/usr/lib/aarch64-linux-gnu/libopenblas.so.0",
    "/usr/lib64/libopenblas.so.0",
    "/usr/lib/libopenblas.so.0",
    "/opt/intel/oneapi/mkl/latest/lib/libmkl_rt.so.2",
    "/usr/lib/x86_64-linux-gnu/libmkl_rt.so",
    "libopenblas.so.0",
    "libmkl_rt.so.2",
  ],
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
      "buffer",
      "i32",
      "buffer",
      "i32",
      "f32",
      "buffer",
      "i32",
    ],
    result: "void",
  },
} as const satisfies Deno.ForeignLibraryInterface;

const [ROW_MAJOR, PLAIN, TRANSPOSED] = [101, 111, 112] as const;

function openBlas(path: string, heapBytes: HeapBytes): Blas {
  const { symbols: { cblas_sgemm: sgemm } } = Deno.dlopen(path, SYMBOLS);
  return {
    path,
    gemm: (transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) => {
      const bytes = heapBytes();
      const [ta, tb] = [transposeA ? TRANSPOSED : PLAIN, transposeB ? TRANSPOSED : PLAIN] as const;
      const at = (offset: number) => bytes.subarray(offset); // a raw pointer would need permission for any library
      sgemm(ROW_MAJOR, ta, tb, m, n, k, alpha, at(a), lda, at(b), ldb, beta, at(c), ldc);
    },
  };
}

/**
 * Opens a BLAS library: the given one, the one in the environment variable `BREWCLIP_BLAS`, or the first on the system.
 *
 * @param path a library's path or name, or "none"
 * @param bytes the heap of the matrices; default the wasm backend's
 * @returns undefined if none is found, or none may be loaded without `--allow-ffi`
 * @throws {InputError} if a named library cannot be opened or has no `cblas_sgemm`.
 */
function findBlas(path?: string, bytes: HeapBytes = heapBytes): Blas | undefined {
  const named = path ?? Deno.env.get("BREWCLIP_BLAS");
  if (named === "none") return undefined;
  if (named) {
    try {
      return openBlas(named, bytes);
    } catch (error) {
      const remedy = error instanceof Deno.errors.NotCapable
        ? `Replace 'deno task' by 'deno run -P=train --allow-ffi=./node_modules,${named} lib/cli/main.ts' and keep the rest of the command`
        : "Give the path of a library with cblas_sgemm";
      throw new InputError(
        `Cannot use '${named}' as BLAS: ${messageOf(error)}. ${remedy}, or set BREWCLIP_BLAS=none to use none.`,
      );
    }
  }
  for (const candidate of CANDIDATES[Deno.build.os] ?? []) {
    try {
      return openBlas(candidate, bytes);
    } catch {
      continue; // not on this system
    }
  }
  return undefined;
}
