/** The linear layer. */
import * as tf from "@tensorflow/tfjs-core";
import { defineOperation, type Inputs, rowsOf } from "../define_operation.ts";
import { sumRows } from "./rows.ts";

const flat = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [rowsOf(x.shape), x.shape.at(-1) as number]);

const run = defineOperation<Record<never, never>>({
  name: "BrewLinear",
  forward: ({ x, weight, bias, onto }: Inputs) => {
    const [input, matrix] = [x as tf.Tensor, weight as tf.Tensor2D];
    const product = tf.matMul(flat(input), matrix, false, true); // [N, I] x [O, I]^T -> [N, O]
    const sum = bias ? tf.add(product, bias) : product;
    const shaped = tf.reshape(sum, [...input.shape.slice(0, -1), matrix.shape[0]]);
    return [onto ? tf.add(onto, shaped) : shaped];
  },
  savedInputs: ["x", "weight"],
  gradient: (dy, [x, weight]) => ({
    x: () => linearInputGradient([[dy, weight as tf.Tensor]]),
    weight: () => tf.matMul(flat(dy), flat(x as tf.Tensor), true, false), // [N, O]^T x [N, I]
    bias: () => sumRows(dy),
    onto: () => tf.clone(dy),
  }),
});

const inputGradient = defineOperation<Record<never, never>>({
  name: "BrewLinearInputGradient",
  forward: (inputs: Inputs) => {
    const parts = pairsOf(inputs).map(([dy, weight]) => tf.matMul(flat(dy), weight as tf.Tensor2D)); // [N, O] x [O, I]
    const { dy0, weight0 } = inputs as Record<"dy0" | "weight0", tf.Tensor>;
    const sum = parts.reduce((sum, part) => tf.add(sum, part));
    return [tf.reshape(sum, [...dy0.shape.slice(0, -1), weight0.shape[1] as number])];
  },
});

/** The inputs `dy0, weight0, dy1, weight1, ...` as pairs. */
export function pairsOf<T>(inputs: Record<string, T>): [dy: T, weight: T][] {
  const count = Object.keys(inputs).length / 2;
  return Array.from({ length: count }, (_, i) => [inputs[`dy${i}`] as T, inputs[`weight${i}`] as T]);
}

/**
 * The gradient at the common input of one or more {@link linear} layers: the sum of `dy weight`. Not differentiable.
 *
 * @param layers `dy` `[..., O]` and `weight` `[O, I]` of each
 * @returns `[..., I]`
 */
export function linearInputGradient(layers: readonly (readonly [dy: tf.Tensor, weight: tf.Tensor])[]): tf.Tensor {
  return inputGradient(
    Object.fromEntries(layers.flatMap(([dy, weight], i) => [[`dy${i}`, dy], [`weight${i}`, weight]])),
    {},
  )[0];
}

/**
 * `x weight^T + bias`, with the weight in PyTorch's layout, plus `onto` if given.
 *
 * @param x `[..., I]`
 * @param weight `[O, I]`
 * @param bias `[O]`
 * @param onto `[..., O]`, for example a residual connection
 * @returns `[..., O]`
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor, onto?: tf.Tensor): tf.Tensor {
  return run({ x, weight, ...(bias ? { bias } : {}), ...(onto ? { onto } : {}) }, {})[0];
}
