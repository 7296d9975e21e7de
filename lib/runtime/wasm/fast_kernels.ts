/**
 * The fast kernels of the named operations on the wasm backend. `tests/runtime/` compares each with its plain definition in
 * `lib/runtime/operations/`.
 */
import * as tf from "@tensorflow/tfjs-core";
import { rowsOf } from "../define_operation.ts";
import type { AdamStep } from "../operations/adam_update.ts";
import { convolutionFilterGradient, convolutionInputGradient, convolve } from "./convolution.ts";
import { heapBytes, kernel, offsetOf, output, share, withScratch } from "./heap.ts";
import { pairsOf } from "../operations/linear.ts";
import { batchMatMul, gemm } from "./matrix_product.ts";

/** Inputs of the kernels by name. */
type Named =
  & Record<
    "x" | "weight" | "filter" | "dy" | "q" | "k" | "v" | "lengths" | "table" | "ids" | "a" | "b" | "first" | "second",
    tf.TensorInfo
  >
  & { bias?: tf.TensorInfo; onto?: tf.TensorInfo };

/** Attributes of the kernels by name. */
interface Attributes extends AdamStep, tf.Conv2DAttrs {
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

/** Runs a kernel over the rows of its first input. */
function rowKernel(name: string, inputs: tf.TensorInfo[], shape: number[], ...more: number[]): tf.TensorInfo {
  const rows = inputs[0] as tf.TensorInfo;
  const out = output(shape);
  kernel(name)(...inputs.map(offsetOf), offsetOf(out), rowsOf(rows.shape), last(rows), ...more);
  return out;
}

/** Runs an elementwise kernel. */
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
  Conv2D: ({ x, filter }, attributes) => convolve(x, filter, attributes),
  Conv2DBackpropFilter: ({ x, dy }, attributes) => convolutionFilterGradient(x, dy, attributes),
  Conv2DBackpropInput: ({ dy, filter }, attributes) => convolutionInputGradient(dy, filter, attributes),
  // TensorFlow.js's own kernel copies the data whenever a gradient saves a tensor, even a frozen weight.
  Identity: ({ x }) => share(x),
  Slice: ({ x }, { begin, size }) =>
    slice(x, ...tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]]),
  SplitV: ({ x }, { numOrSizeSplits, axis }) => splitAlong(x, numOrSizeSplits, axis),
};

let registered = false;

/** Replaces the plain kernels by the fast ones on the wasm backend. */
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

// Attention: the strides of the matrix product select each head, without a transpose.

/** q, k, v and the key lengths. */
type Operands = [q: tf.TensorInfo, k: tf.TensorInfo, v: tf.TensorInfo, lengths: tf.TensorInfo];

/** The sizes that both passes need. */
function attentionPlan([q, k, , lengths]: Operands, heads: number) {
  const [batch, queries, width] = q.shape as [number, number, number];
  const keys = k.shape[1] as number;
  const part = width / heads;
  const counts = new Int32Array(heapBytes().buffer, offsetOf(lengths), batch).slice();
  return { batch, queries, keys, width, part, counts, scale: 1 / Math.sqrt(part) };
}

/** Runs an action for each head of each row of the batch, with its byte offset within queries and within keys. */
function eachHead(
  { batch, queries, keys, width, part }: ReturnType<typeof attentionPlan>,
  heads: number,
  action: (row: number, atQueries: number, atKeys: number) => void,
): void {
  for (let row = 0; row < batch; row++) {
    for (let head = 0; head < heads; head++) {
      action(row, (row * queries * width + head * part) * 4, (row * keys * width + head * part) * 4);
    }
  }
}

/** `[B, T, D]` from q `[B, T, D]`, k and v `[B, S, D]`. */
function attentionForward(operands: Operands, heads: number, causal: boolean): tf.TensorInfo {
  const shapes = attentionPlan(operands, heads);
  const { queries, keys, width, part, counts, scale } = shapes;
  const out = output(operands[0].shape);
  const [q, k, v] = operands.map(offsetOf) as [number, number, number];
  const o = offsetOf(out);
  withScratch(queries * keys, (scores) => {
    const weigh = kernel("attention_weights");
    eachHead(shapes, heads, (row, atQ, atK) => {
      gemm(false, true, queries, keys, part, 1, q + atQ, width, k + atK, width, 0, scores, keys);
      weigh(scores, queries, keys, scale, +causal, counts[row] as number);
      gemm(false, false, queries, part, keys, 1, scores, keys, v + atK, width, 0, o + atQ, width);
    });
  });
  return out;
}

/** The gradients at q, k and v. Recomputes the attention weights. */
function attentionGradient(
  operands: Operands,
  dy: tf.TensorInfo,
  heads: number,
  causal: boolean,
): tf.TensorInfo[] {
  const shapes = attentionPlan(operands, heads);
  const { queries, keys, width, part, counts, scale } = shapes;
  const outs = operands.slice(0, 3).map((operand) => output(operand.shape));
  const [q, k, v] = operands.map(offsetOf) as [number, number, number];
  const [dq, dk, dv] = outs.map(offsetOf) as [number, number, number];
  const dOut = offsetOf(dy);
  withScratch(2 * queries * keys, (weights) => {
    const weightGrads = weights + queries * keys * 4;
    const [weigh, weighBack] = [kernel("attention_weights"), kernel("attention_weights_gradient")];
    eachHead(shapes, heads, (row, atQ, atK) => {
      gemm(false, true, queries, keys, part, 1, q + atQ, width, k + atK, width, 0, weights, keys);
      weigh(weights, queries, keys, scale, +causal, counts[row] as number);
      gemm(true, false, keys, part, queries, 1, weights, keys, dOut + atQ, width, 0, dv + atK, width);
      gemm(false, true, queries, keys, part, 1, dOut + atQ, width, v + atK, width, 0, weightGrads, keys);
      weighBack(weights, weightGrads, queries, keys, scale);
      gemm(false, false, queries, part, keys, 1, weightGrads, keys, k + atK, width, 0, dq + atQ, width);
      gemm(true, false, keys, part, queries, 1, weightGrads, keys, q + atQ, width, 0, dk + atK, width);
    });
  });
  return outs;
}

// Slices: TensorFlow.js's own kernel copies the whole input out of the heap, even for a small slice.

/** Bytes per element of every type on the heap except bool. */
const BYTES = 4;

const productOf = (sizes: number[]): number => sizes.reduce((product, size) => product * size, 1);

/** The slice of `x` of the given size that starts at the given index of each axis. */
function slice(x: tf.TensorInfo, begin: number[], size: number[]): tf.TensorInfo {
  const out = output(size, x.dtype);
  if (productOf(size) === 0) return out;
  const bytes = x.dtype === "bool" ? 1 : BYTES;
  // The slice is complete along all later axes, so each run is copied at once.
  let axis = size.length;
  while (axis > 0 && size[axis - 1] === x.shape[axis - 1]) axis--;
  axis = Math.max(0, axis - 1);
  const run = productOf(size.slice(axis)) * bytes;
  const strides = x.shape.map((_, i) => productOf(x.shape.slice(i + 1)) * bytes);
  const start = offsetOf(x) + begin.reduce((sum, index, i) => sum + index * (strides[i] as number), 0);
  const heap = heapBytes();
  const outer = size.slice(0, axis);
  const index = outer.map(() => 0);
  const count = productOf(outer);
  for (let n = 0, to = offsetOf(out), from = start; n < count; n++, to += run) {
    heap.copyWithin(to, from, from + run);
    for (let i = axis - 1; i >= 0; i--) {
      index[i] = (index[i] as number) + 1;
      from += strides[i] as number;
      if ((index[i] as number) < (outer[i] as number)) break;
      from -= (outer[i] as number) * (strides[i] as number);
      index[i] = 0;
    }
  }
  return out;
}

/** Splits `x` along one axis. */
function splitAlong(x: tf.TensorInfo, numOrSizes: number | number[], axis: number): tf.TensorInfo[] {
  const along = tf.util.parseAxisParam(axis, x.shape)[0] as number;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizes, along);
  let start = 0;
  return sizes.map((size) => {
    const part = slice(x, x.shape.map((_, i) => i === along ? start : 0), x.shape.with(along, size));
    start += size;
    return part;
  });
}
