/**
 * The fast kernels of the named operations on the wasm backend. Each does what the plain definition in
 * `lib/runtime/operations/` says; `tests/runtime/` compares them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { rowsOf } from "../define_operation.ts";
import type { AdamStep } from "../operations/adam_update.ts";
import { attentionForward, attentionGradient } from "./attention.ts";
import { heapBytes, kernel, offsetOf, output, share } from "./heap.ts";
import { pairsOf } from "../operations/linear.ts";
import { batchMatMul, gemm } from "./matrix_product.ts";
import { slice, splitAlong } from "./slices.ts";

/** The inputs that a kernel may have, by name. */
type Named =
  & Record<
    "x" | "weight" | "dy" | "q" | "k" | "v" | "lengths" | "table" | "ids" | "a" | "b" | "first" | "second",
    tf.TensorInfo
  >
  & { bias?: tf.TensorInfo; onto?: tf.TensorInfo };

/** The attributes that a kernel may have, by name. */
interface Attributes extends AdamStep {
  epsilon: number;
  quick: boolean;
  heads: number;
  causal: boolean;
  rows: number;
  transposeA: boolean;
  transposeB: boolean;
  begin: number | number[];
  size: number | number[];
  numOrSizeSplits: number | number[];
  axis: number;
}

type Run = (inputs: Named, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[];

const sizeOf = (x: tf.TensorInfo): number => x.shape.reduce((product, size) => product * size, 1);
const last = (x: tf.TensorInfo): number => x.shape.at(-1) as number;

/** A kernel over the rows of its inputs, the first of which has the shape of the rows; then come the sizes. */
function rowKernel(name: string, inputs: tf.TensorInfo[], shape: number[], ...more: number[]): tf.TensorInfo {
  const rows = inputs[0] as tf.TensorInfo;
  const out = output(shape);
  kernel(name)(...inputs.map(offsetOf), offsetOf(out), rowsOf(rows.shape), last(rows), ...more);
  return out;
}

/** A kernel over single elements. */
function elementKernel(name: string, inputs: [tf.TensorInfo, ...tf.TensorInfo[]], ...more: number[]): tf.TensorInfo {
  const out = output(inputs[0].shape);
  kernel(name)(...inputs.map(offsetOf), offsetOf(out), sizeOf(inputs[0]), ...more);
  return out;
}

const linear: Run = ({ x, weight, bias, onto }) => {
  const [rows, inner, columns] = [rowsOf(x.shape), last(x), weight.shape[0] as number];
  const out = output([...x.shape.slice(0, -1), columns]);
  const [atX, atWeight, atOut] = [x, weight, out].map(offsetOf) as [number, number, number];
  if (bias && onto) kernel("add_to_each_row")(offsetOf(onto), offsetOf(bias), atOut, rows, columns);
  else if (bias) kernel("fill_rows")(offsetOf(bias), atOut, rows, columns);
  else if (onto) heapBytes().copyWithin(atOut, offsetOf(onto), offsetOf(onto) + rows * columns * 4);
  gemm(false, true, rows, columns, inner, 1, atX, inner, atWeight, inner, +!!(bias ?? onto), atOut, columns);
  return out;
};

const linearInputGradient: Run = (inputs) => {
  const layers = pairsOf(inputs as Record<string, tf.TensorInfo>);
  const [first, weight] = layers[0] as [tf.TensorInfo, tf.TensorInfo];
  const [rows, columns] = [rowsOf(first.shape), weight.shape[1] as number];
  const out = output([...first.shape.slice(0, -1), columns]);
  for (const [i, [dy, weight]] of layers.entries()) {
    const inner = last(dy);
    const [atDy, atWeight] = [offsetOf(dy), offsetOf(weight)];
    gemm(false, false, rows, columns, inner, 1, atDy, inner, atWeight, columns, +(i > 0), offsetOf(out), columns);
  }
  return out;
};

const layerNormInputGradient: Run = ({ x, weight, dy, onto }, { epsilon }) => {
  const out = output(x.shape);
  const offsets = [...[x, weight, dy].map(offsetOf), onto ? offsetOf(onto) : 0, offsetOf(out)];
  kernel("layer_norm_gradient")(...offsets, rowsOf(x.shape), last(x), epsilon);
  return out;
};

const adamUpdate: Run = ({ x, dy, first, second }, { beta1, beta2, epsilon, weightDecay, rate, correction }) => {
  const outs = [output(x.shape), output(x.shape), output(x.shape)];
  const offsets = [x, dy, first, second, ...outs].map(offsetOf);
  const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, weightDecay, correction, epsilon, rate];
  kernel("adam_update")(...offsets, sizeOf(x), ...numbers);
  return outs;
};

const embedding: Run = ({ table, ids }) => {
  const out = output([...ids.shape, last(table)]);
  kernel("take_rows")(offsetOf(ids), offsetOf(table), offsetOf(out), sizeOf(ids), last(table));
  return out;
};

const sumOfSquares: Run = ({ x }) => {
  const out = output([]);
  kernel("sum_of_squares")(offsetOf(x), offsetOf(out), sizeOf(x));
  return out;
};

const embeddingGradient: Run = ({ ids, dy }, { rows }) => {
  const table = tf.zeros([rows, last(dy)]);
  kernel("add_to_rows")(offsetOf(ids), offsetOf(dy), offsetOf(table), sizeOf(ids), last(dy));
  return table;
};

const FAST: Record<string, Run> = {
  BatchMatMul: ({ a, b }, { transposeA, transposeB }) => batchMatMul(a, b, transposeA, transposeB),
  BrewAdamUpdate: adamUpdate,
  BrewAttention: ({ q, k, v, lengths }, { heads, causal }) => attentionForward([q, k, v, lengths], heads, causal),
  BrewAttentionGradient: ({ q, k, v, lengths, dy }, { heads, causal }) =>
    attentionGradient([q, k, v, lengths], dy, heads, causal),
  BrewEmbedding: embedding,
  BrewEmbeddingGradient: embeddingGradient,
  BrewGelu: ({ x }, { quick }) => elementKernel("gelu", [x], +quick),
  BrewGeluGradient: ({ x, dy }, { quick }) => elementKernel("gelu_gradient", [x, dy], +quick),
  BrewLayerNorm: ({ x, weight, bias }, { epsilon }) =>
    rowKernel("layer_norm", [x, weight, bias as tf.TensorInfo], x.shape, epsilon),
  BrewLayerNormInputGradient: layerNormInputGradient,
  BrewLayerNormWeightGradient: ({ x, dy }, { epsilon }) =>
    rowKernel("layer_norm_weight_gradient", [x, dy], [last(x)], epsilon),
  BrewLinear: linear,
  BrewLinearInputGradient: linearInputGradient,
  BrewSumOfSquares: sumOfSquares,
  BrewSumRows: ({ x }) => rowKernel("sum_rows", [x], [last(x)]),
  // TensorFlow.js's own copies the data, as often as a gradient keeps a tensor: activations and frozen weights alike.
  Identity: ({ x }) => share(x),
  Slice: ({ x }, { begin, size }) =>
    slice(x, ...tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]]),
  SplitV: ({ x }, { numOrSizeSplits, axis }) => splitAlong(x, numOrSizeSplits, axis),
};

let registered = false;

/** Puts the fast kernels in the place of the plain ones on the wasm backend. */
export function registerFastKernels(): void {
  if (registered) return;
  for (const [kernelName, run] of Object.entries(FAST)) {
    if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({
      kernelName,
      backendName: "wasm",
      kernelFunc: ({ inputs, attrs }) => run(inputs as Named, attrs as unknown as Attributes),
    });
  }
  registered = true;
}
