/**
 * Multi-head attention on the wasm backend's heap: each head is picked by the strides of the matrix product, without a
 * transpose.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { heapBytes, kernel, offsetOf, output, withScratch } from "./heap.ts";
import { gemm } from "./matrix_product.ts";

/** q, k, v and the key lengths. */
type Operands = [q: tf.TensorInfo, k: tf.TensorInfo, v: tf.TensorInfo, lengths: tf.TensorInfo];

/** What both passes need to know of the shapes. */
function plan([q, k, , lengths]: Operands, heads: number) {
  const [batch, queries, width] = q.shape as [number, number, number];
  const keys = k.shape[1] as number;
  const part = width / heads;
  const counts = new Int32Array(heapBytes().buffer, offsetOf(lengths), batch).slice();
  return { batch, queries, keys, width, part, counts, scale: 1 / Math.sqrt(part) };
}

/** Runs an action for each head of each row of the batch, with where it begins in queries' and in keys' tensors, in bytes. */
function eachHead(
  { batch, queries, keys, width, part }: ReturnType<typeof plan>,
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
export function attentionForward(operands: Operands, heads: number, causal: boolean): tf.TensorInfo {
  const shapes = plan(operands, heads);
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

/** The gradients at q, k and v; the attention weights are computed again rather than kept. */
export function attentionGradient(
  operands: Operands,
  dy: tf.TensorInfo,
  heads: number,
  causal: boolean,
): tf.TensorInfo[] {
  const shapes = plan(operands, heads);
  const { queries, keys, width, part, counts, scale } = shapes;
  const outs = operands.slice(0, 3).map((operand) => output(operand.shape));
  const [q, k, v] = operands.map(offsetOf) as [number, number, number];
  const [dq, dk, dv] = outs.map(offsetOf) as [number, number, number];
  const dOut = offsetOf(dy);
  withScratch(2 * queries * keys, (weights) => {
    const slopes = weights + queries * keys * 4;
    const [weigh, weighBack] = [kernel("attention_weights"), kernel("attention_weights_gradient")];
    eachHead(shapes, heads, (row, atQ, atK) => {
      gemm(false, true, queries, keys, part, 1, q + atQ, width, k + atK, width, 0, weights, keys);
      weigh(weights, queries, keys, scale, +causal, counts[row] as number);
      gemm(true, false, keys, part, queries, 1, weights, keys, dOut + atQ, width, 0, dv + atK, width);
      gemm(false, true, queries, keys, part, 1, dOut + atQ, width, v + atK, width, 0, slopes, keys);
      weighBack(weights, slopes, queries, keys, scale);
      gemm(false, false, queries, part, keys, 1, slopes, keys, k + atK, width, 0, dq + atQ, width);
      gemm(true, false, keys, part, queries, 1, slopes, keys, q + atQ, width, 0, dk + atK, width);
    });
  });
  return outs;
}
