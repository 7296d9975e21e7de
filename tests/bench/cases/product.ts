/** One matrix product, the lower bound of the other cases: 2 * 1024^3 operations. */
import * as tf from "@tensorflow/tfjs-core";
import type { Prepare } from "./case.ts";

const SIZE = 1024;

/** Numbers in [-1, 1), the same on both sides: `(i * 7919 mod 2048) / 1024 - 1`. */
const values = (step: number): Float32Array =>
  Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * step) % 2048) / 1024 - 1);

/** Ten products; gives two of their values. */
export const prepareProduct: Prepare = () => {
  const [a, b] = [tf.tensor2d(values(7919), [SIZE, SIZE]), tf.tensor2d(values(6007), [SIZE, SIZE])];
  return Promise.resolve({
    run: async () => {
      for (let i = 0; i < 9; i++) tf.matMul(a, b).dispose();
      const product = tf.matMul(a, b);
      const all = await product.data<"float32">();
      product.dispose();
      return [all[0]!, all[SIZE + 1]!];
    },
  });
};
