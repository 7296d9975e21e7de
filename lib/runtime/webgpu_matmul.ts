/**
 * Works around a fault of TensorFlow.js's WebGPU backend (4.22).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** TensorFlow.js's `MatMulProgramType`: the numbers that its flag `WEBGPU_MATMUL_PROGRAM_TYPE` takes. */
const [CHOOSE, SMALL_OUTPUT, PACKED] = [-1, 2, 3];

/** From this inner size on TensorFlow.js splits a product without a batch along it. */
const SPLIT_FROM = 2000;

/** Products of so few tiles of 32 x 32 fill a GPU only in smaller tiles. */
const FEW_TILES = 64;

let avoided = false;

/**
 * Has WebGPU multiply by a transposed matrix without splitting the inner size. The program that splits it reads four
 * values of the second matrix along the wrong axis where that matrix is transposed: `[8, 4096] x [512, 4096]^T` is wrong
 * without an error, on every driver. That is every linear layer with at least 2,000 inputs and few rows.
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
