/** Works around a bug of TensorFlow.js's WebGPU backend (4.22). */
import * as tf from "@tensorflow/tfjs-core";

/** TensorFlow.js's `MatMulProgramType`: the values of its flag `WEBGPU_MATMUL_PROGRAM_TYPE`. */
const [CHOOSE, SMALL_OUTPUT, PACKED] = [-1, 2, 3];

/** TensorFlow.js splits an unbatched product along the inner dimension from this size on. */
const SPLIT_FROM = 2000;

/** A product with at most this many tiles of 32 x 32 needs smaller tiles to fill a GPU. */
const FEW_TILES = 64;

let avoided = false;

/**
 * Makes WebGPU multiply by a transposed matrix without splitting the inner dimension. The splitting program reads four
 * values of a transposed second matrix along the wrong axis: `[8, 4096] x [512, 4096]^T` is silently wrong on every driver.
 * This affects every linear layer with at least 2,000 inputs and few rows.
 */
export function avoidSplitProducts(): void {
  if (avoided) return;
  avoided = true;
  for (const kernelName of ["BatchMatMul", "_FusedMatMul"]) {
    const stock = tf.getKernel(kernelName, "webgpu");
    if (stock === undefined) throw new Error(`TensorFlow.js's WebGPU backend has no kernel '${kernelName}'`);
    tf.unregisterKernel(kernelName, "webgpu");
    tf.registerKernel({
      ...stock,
      kernelFunc: (call) => {
        const { transposeA, transposeB } = call.attrs as { transposeA: boolean; transposeB: boolean };
        const a = (call.inputs.a as tf.TensorInfo).shape;
        const [rows, inner] = (transposeA ? a.slice(-2).toReversed() : a.slice(-2)) as [number, number];
        if (!transposeB || inner < SPLIT_FROM) return stock.kernelFunc(call);
        const columns = (call.inputs.b as tf.TensorInfo).shape.at(-2) as number;
        const tiles = Math.ceil(rows / 32) * Math.ceil(columns / 32);
        tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", tiles <= FEW_TILES ? SMALL_OUTPUT : PACKED);
        try {
          return stock.kernelFunc(call);
        } finally {
          tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", CHOOSE);
        }
      },
    });
  }
}
