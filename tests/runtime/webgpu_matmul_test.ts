import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { InputError } from "../../lib/errors.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";

/** Rows, inner size and columns: few rows and a long inner size, where TensorFlow.js's own program is wrong. */
const SIZES = [[8, 2000, 512], [8, 4096, 512], [1, 2048, 512], [13, 3072, 768], [32, 4096, 64], [64, 2048, 2048], [
  9,
  2001,
  513,
]] as const;

Deno.test("products on webgpu are those of the plain sums, transposed or not", async () => {
  try {
    await useBackend("webgpu");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return console.log(`skipped: ${error.message}`);
  }
  const random = new Random(7);
  for (const [rows, inner, columns] of SIZES) {
    const a = Float32Array.from({ length: rows * inner }, () => random.normal());
    const b = Float32Array.from({ length: inner * columns }, () => random.normal());
    for (const [transposeA, transposeB] of [[false, false], [false, true], [true, false], [true, true]] as const) {
      const [x, y] = [
        tf.tensor2d(a, transposeA ? [inner, rows] : [rows, inner]),
        tf.tensor2d(b, transposeB ? [columns, inner] : [inner, columns]),
      ];
      const product = tf.matMul(x, y, transposeA, transposeB);
      const found = await product.data();
      for (let sample = 0; sample < 50; sample++) {
        const [row, column] = [random.integer(rows), random.integer(columns)];
        let expected = 0;
        for (let i = 0; i < inner; i++) {
          expected += a[transposeA ? i * rows + row : row * inner + i]! *
            b[transposeB ? column * inner + i : i * columns + column]!;
        }
        const error = Math.abs(found[row * columns + column]! - expected);
        const what = `[${rows}, ${inner}] x [${inner}, ${columns}], transposed ${transposeA} ${transposeB}`;
        assert.ok(error < 1e-3, `${what}: ${error}`);
      }
      tf.dispose([x, y, product]);
    }
  }
});
