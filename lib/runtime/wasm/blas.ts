/**
 * A native BLAS library through Deno's foreign function interface.
 *
 * @module
 */
import { InputError, messageOf } from "../../errors.ts";
import { heapBytes } from "./heap.ts";

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

/** All bytes of a heap as it stands now. */
export type HeapBytes = () => Uint8Array<ArrayBuffer>;

/** A library that was found. */
export interface Blas {
  /** Its path or name, as it was opened. */
  path: string;
  /** Its matrix product. */
  gemm: Gemm;
}

/** Where libraries are looked for, by operating system, best first. */
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
 * @param bytes the heap that its matrices stand on; default the wasm backend's
 * @returns undefined where none is found, or none may be loaded without `--allow-ffi`
 * @throws {InputError} where a library was named and cannot be opened, or has no `cblas_sgemm`.
 */
export function findBlas(path?: string, bytes: HeapBytes = heapBytes): Blas | undefined {
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
