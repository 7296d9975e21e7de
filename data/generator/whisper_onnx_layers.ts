/**
 * The layers of Whisper as operators of an ONNX graph.
 *
 * @module
 */
import type { OnnxGraph } from "./onnx_writer.ts";
import { whisperShapes, type WhisperSize } from "./whisper_weights.ts";

/** Weight values by name, as in {@link whisperShapes}. */
export type WhisperValues = ReadonlyMap<string, Float32Array>;

/** The layers that both graphs are made of, under their names in the weights. */
export class Layers {
  readonly #graph: OnnxGraph;
  readonly #values: WhisperValues;
  readonly #size: WhisperSize;
  readonly #shapes: Map<string, number[]>;

  /** Layers of one graph. */
  constructor(graph: OnnxGraph, values: WhisperValues, size: WhisperSize) {
    this.#graph = graph;
    this.#values = values;
    this.#size = size;
    this.#shapes = whisperShapes(size);
  }

  #get(name: string): { values: Float32Array; shape: number[] } {
    const [values, shape] = [this.#values.get(name), this.#shapes.get(name)];
    if (!values || !shape) throw new RangeError(`Cannot write the Whisper graph as '${name}' is missing`);
    return { values, shape };
  }

  /** Stores a weight as it is. Throws RangeError where it is missing. */
  weight(name: string): string {
    const { values, shape } = this.#get(name);
    return this.#graph.weight(name, values, shape);
  }

  /** A linear layer; its matrix `[O, I]` is stored turned. */
  linear(x: string, name: string, bias = true): string {
    const { values, shape } = this.#get(`${name}.weight`);
    const [out, inputs] = shape as [number, number];
    const turned = new Float32Array(values.length); // [I, O]
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < inputs; i++) turned[i * out + o] = values[o * inputs + i] as number;
    }
    const product = this.#graph.op("MatMul", [x, this.#graph.weight(`${name}.weight`, turned, [inputs, out])]);
    return bias ? this.#graph.op("Add", [product, this.weight(`${name}.bias`)]) : product;
  }

  /** Three taps over time on `[B, I, T]`; the kernel `[O, 3 I]` becomes `[O, I, 3]`. */
  convolution(x: string, name: string, inputs: number, stride: number): string {
    const { values } = this.#get(`${name}.weight`);
    const kernel = new Float32Array(values.length);
    for (let o = 0; o < this.#size.width; o++) {
      for (let i = 0; i < inputs; i++) {
        for (let tap = 0; tap < 3; tap++) {
          kernel[(o * inputs + i) * 3 + tap] = values[(o * 3 + tap) * inputs + i] as number;
        }
      }
    }
    const weight = this.#graph.weight(`${name}.weight`, kernel, [this.#size.width, inputs, 3]);
    const attributes = { kernel_shape: [3], pads: [1, 1], strides: [stride] };
    return this.#graph.op("Conv", [x, weight, this.weight(`${name}.bias`)], attributes);
  }

  /** Layer normalisation. */
  norm(x: string, name: string): string {
    const weights = [this.weight(`${name}.weight`), this.weight(`${name}.bias`)];
    return this.#graph.op("LayerNormalization", [x, ...weights], { axis: -1, epsilon: { float: 1e-5 } });
  }

  /** Norm, wide layer, GELU, narrow layer. */
  feedForward(x: string, layer: string): string {
    const hidden = this.linear(this.norm(x, `${layer}.final_layer_norm`), `${layer}.fc1`);
    return this.linear(gelu(this.#graph, hidden), `${layer}.fc2`);
  }

  /** `[B, T, D] -> [B, H, T, D / H]` */
  heads(x: string): string {
    const { heads, width } = this.#size;
    const parts = this.#graph.op("Reshape", [x, this.#graph.integers([0, 0, heads, width / heads])]);
    return this.#graph.op("Transpose", [parts], { perm: [0, 2, 1, 3] });
  }

  /** Attention of queries `[B, H, T, D / H]` to keys and values `[B, H, S, D / H]`, joined to `[B, T, D]`. */
  attend(q: string, k: string, v: string, mask?: string): string {
    const graph = this.#graph;
    const turned = graph.op("Transpose", [k], { perm: [0, 1, 3, 2] });
    const scale = graph.scalar(1 / Math.sqrt(this.#size.width / this.#size.heads));
    const scores = graph.op("Mul", [graph.op("MatMul", [q, turned]), scale]); // [B, H, T, S]
    const weights = graph.op("Softmax", [mask ? graph.op("Add", [scores, mask]) : scores], { axis: -1 });
    const mixed = graph.op("Transpose", [graph.op("MatMul", [weights, v])], { perm: [0, 2, 1, 3] });
    return graph.op("Reshape", [mixed, graph.integers([0, 0, this.#size.width])]);
  }
}

/** The exact GELU. */
export function gelu(graph: OnnxGraph, x: string): string {
  return graph.op("Gelu", [x]);
}
