/**
 * The linear layer.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs, rowsOf } from "../define_operation.ts";
import { sumRows } from "./sum_rows.ts";

const flat = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [rowsOf(x.shape), x.shape.at(-1) as number]);

const run = defineOperation<Record<never, never>>({
  name: "BrewLinear",
  forward: ({ x, weight, bias }: Inputs) => {
    const [input, matrix] = [x as tf.Tensor, weight as tf.Tensor2D];
    const product = tf.matMul(flat(input), matrix, false, true); // [N, I] x [O, I]^T -> [N, O]
    const sum = bias ? tf.add(product, bias) : product;
    return [tf.reshape(sum, [...input.shape.slice(0, -1), matrix.shape[0]])];
  },
  savedInputs: ["x", "weight"],
  gradient: (dy, [x, weight]) => ({
    x: () => linearInputGradient(dy, weight as tf.Tensor),
    weight: () => tf.matMul(flat(dy), flat(x as tf.Tensor), true, false), // [N, O]^T x [N, I]
    bias: () => sumRows(dy),
  }),
});

const inputGradient = defineOperation<Record<never, never>>({
  name: "BrewLinearInputGradient",
  forward: ({ dy, weight }: Inputs) => {
    const [slope, matrix] = [dy as tf.Tensor, weight as tf.Tensor2D];
    return [tf.reshape(tf.matMul(flat(slope), matrix), [...slope.shape.slice(0, -1), matrix.shape[1]])]; // [N, O] x [O, I]
  },
  savedInputs: [],
  gradient: () => ({}),
});

/**
 * The gradient of {@link linear} at its input, `dy weight`. Used in gradients only; has none itself.
 *
 * @param dy `[..., O]`
 * @param weight `[O, I]`
 * @returns `[..., I]`
 */
export function linearInputGradient(dy: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return inputGradient({ dy, weight }, {})[0];
}

/**
 * `x weight^T + bias`, with the weight as PyTorch lays it out.
 *
 * @param x `[..., I]`
 * @param weight `[O, I]`
 * @param bias `[O]`
 * @returns `[..., O]`
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import "@tensorflow/tfjs-backend-cpu";
 * import { linear } from "./linear.ts";
 * const y = linear(tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]]), tf.tensor1d([5]));
 * if ((await y.data())[0] !== 16) throw new Error("expected 1 * 3 + 2 * 4 + 5");
 * ```
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  return run(bias ? { x, weight, bias } : { x, weight }, {})[0];
}
