/**
 * The tiny Whisper as ONNX graphs of encoder and decoder.
 *
 * @module
 */
import { OnnxGraph } from "./onnx_writer.ts";
import { whisperShapes, type WhisperSize } from "./whisper_model.ts";

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

  /** Stores a weight. Throws RangeError if it is missing. */
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

  /** Layer normalization. */
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

/** How the graphs store their weights. */
export interface WhisperOnnxOptions {
  /** Weights as float16 that the runtime widens when it loads them: half the size, the same arithmetic. Default false. */
  half?: boolean;
}

/**
 * The encoder: `input_features` `[batch_size, mels, frames]` -> `last_hidden_state` `[batch_size, frames / 2, width]`.
 *
 * @throws {RangeError} if a weight is missing or has another number of values.
 */
export function whisperEncoderOnnx(
  values: WhisperValues,
  size: WhisperSize,
  options: WhisperOnnxOptions = {},
): Uint8Array {
  const graph = new OnnxGraph("whisper_encoder", options);
  const net = new Layers(graph, values, size);
  const mel = graph.input("input_features", "float32", ["batch_size", size.mels, "frames"]);
  const first = gelu(graph, net.convolution(mel, "encoder.conv1", size.mels, 1)); // [B, D, T]
  const second = gelu(graph, net.convolution(first, "encoder.conv2", size.width, 2)); // [B, D, T / 2]
  const states = graph.op("Transpose", [second], { perm: [0, 2, 1] }); // [B, T / 2, D]
  let x = graph.op("Add", [states, positions(graph, states, size.width)]);
  for (let i = 0; i < size.encoderLayers; i++) {
    const layer = `encoder.layers.${i}`;
    const y = net.norm(x, `${layer}.self_attn_layer_norm`);
    const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((part) =>
      net.heads(net.linear(y, `${layer}.self_attn.${part}`, part !== "k_proj"))
    ) as [string, string, string];
    x = graph.op("Add", [x, net.linear(net.attend(q, k, v), `${layer}.self_attn.out_proj`)]);
    x = graph.op("Add", [x, net.feedForward(x, layer)]);
  }
  graph.output(
    "last_hidden_state",
    "float32",
    ["batch_size", "states", size.width],
    net.norm(x, "encoder.layer_norm"),
  );
  return graph.toBytes();
}

/**
 * The decoder with its cache: `input_ids` `[batch_size, S]`, `encoder_hidden_states` `[batch_size, states, width]` and the keys and
 * values of earlier tokens `past_key_values.{i}.decoder.{key,value}` `[batch_size, heads, past, width / heads]` (past 0 at the start) ->
 * `logits` `[batch_size, S, vocabulary]` and `present.{i}.decoder.{key,value}`. Likewise
 * `past_key_values.{i}.encoder.{key,value}` and `present.{i}.encoder.{key,value}`: keys and values of the encoder's states, computed
 * at the first call only; later they come out empty and the first ones are to be given again, as transformers.js does. The graph
 * has no branch for that: it appends those of all states to an empty past, of none to another.
 *
 * @throws {RangeError} if a weight is missing or has another number of values.
 */
export function whisperDecoderOnnx(
  values: WhisperValues,
  size: WhisperSize,
  options: WhisperOnnxOptions = {},
): Uint8Array {
  const graph = new OnnxGraph("whisper_decoder", options);
  const net = new Layers(graph, values, size);
  const head = size.width / size.heads;
  const ids = graph.input("input_ids", "int64", ["batch_size", "tokens"]);
  const states = graph.input("encoder_hidden_states", "float32", ["batch_size", "states", size.width]);
  const cache = (tower: string, places: string): string[][] =>
    Array.from(
      { length: size.decoderLayers },
      (_, i) =>
        ["key", "value"].map((part) =>
          graph.input(`past_key_values.${i}.${tower}.${part}`, "float32", ["batch_size", size.heads, places, head])
        ),
    );
  const past = cache("decoder", "past");
  const heard = cache("encoder", "encoder_past");

  const before = scalarOf(graph, dimension(graph, past[0]?.[0] as string, 2));
  const end = graph.op("Add", [before, scalarOf(graph, dimension(graph, ids, 1))]);
  const one = graph.integers(1);
  const places = graph.op("Range", [before, end, one]); // [S] positions of the new tokens
  const seen = graph.op("Range", [graph.integers(0), end, one]); // [past + S] positions of all tokens
  const later = graph.op("Greater", [seen, graph.op("Unsqueeze", [places, graph.integers([1])])]); // [S, past + S]
  const mask = graph.op("Where", [later, graph.scalar(-1e9), graph.scalar(0)]);

  // All states at the first call, none later.
  const known = dimension(graph, heard[0]?.[0] as string, 2);
  const isFirst = graph.op("Equal", [known, graph.integers([0])]);
  const wanted = graph.op("Where", [isFirst, dimension(graph, states, 1), graph.integers([0])]);
  const fresh = graph.op("Slice", [states, graph.integers([0]), wanted, graph.integers([1])]);

  const table = net.weight("decoder.embed_tokens.weight");
  const tokens = graph.op("Gather", [table, ids]); // [B, S, D]
  let x = graph.op("Add", [tokens, graph.op("Gather", [net.weight("decoder.embed_positions.weight"), places])]);
  for (let i = 0; i < size.decoderLayers; i++) {
    const layer = `decoder.layers.${i}`;
    const y = net.norm(x, `${layer}.self_attn_layer_norm`);
    const q = net.heads(net.linear(y, `${layer}.self_attn.q_proj`));
    const [k, v] = ["key", "value"].map((part, j) => {
      const made = net.heads(net.linear(y, `${layer}.self_attn.${j === 0 ? "k_proj" : "v_proj"}`, j === 1));
      const all = graph.op("Concat", [past[i]?.[j] as string, made], { axis: 2 }); // [B, H, past + S, D / H]
      graph.output(`present.${i}.decoder.${part}`, "float32", ["batch_size", size.heads, "present", head], all);
      return all;
    }) as [string, string];
    x = graph.op("Add", [x, net.linear(net.attend(q, k, v, mask), `${layer}.self_attn.out_proj`)]);
    const z = net.norm(x, `${layer}.encoder_attn_layer_norm`);
    const [crossKey, crossValue] = ["key", "value"].map((part, j) => {
      const made = net.heads(net.linear(fresh, `${layer}.encoder_attn.${j === 0 ? "k_proj" : "v_proj"}`, j === 1));
      graph.output(
        `present.${i}.encoder.${part}`,
        "float32",
        ["batch_size", size.heads, "encoder_present", head],
        made,
      );
      return graph.op("Concat", [heard[i]?.[j] as string, made], { axis: 2 }); // [B, H, states, D / H]
    }) as [string, string];
    const cross = net.attend(net.heads(net.linear(z, `${layer}.encoder_attn.q_proj`)), crossKey, crossValue);
    x = graph.op("Add", [x, net.linear(cross, `${layer}.encoder_attn.out_proj`)]);
    x = graph.op("Add", [x, net.feedForward(x, layer)]);
  }
  const tied = graph.op("Transpose", [table], { perm: [1, 0] }); // [D, V]
  const logits = graph.op("MatMul", [net.norm(x, "decoder.layer_norm"), tied]);
  graph.output("logits", "float32", ["batch_size", "tokens", size.vocabulary], logits);
  return graph.toBytes();
}

/** Whisper's sinusoids for each state, computed rather than stored: `[T / 2, D]`. */
function positions(graph: OnnxGraph, states: string, width: number): string {
  const count = scalarOf(graph, dimension(graph, states, 1));
  const places = graph.op("Range", [graph.integers(0), count, graph.integers(1)]);
  const column = graph.op("Cast", [graph.op("Unsqueeze", [places, graph.integers([1])])], { to: 1 }); // [T / 2, 1]
  const index = graph.op("Cast", [
    graph.op("Range", [graph.integers(0), graph.integers(width / 2), graph.integers(1)]),
  ], { to: 1 });
  const step = graph.scalar(-Math.log(10000) / (width / 2 - 1));
  const angles = graph.op("Mul", [column, graph.op("Exp", [graph.op("Mul", [index, step])])]); // [T / 2, D / 2]
  return graph.op("Concat", [graph.op("Sin", [angles]), graph.op("Cos", [angles])], { axis: 1 });
}

/** The length of one dimension, as a vector of one number. */
function dimension(graph: OnnxGraph, x: string, axis: number): string {
  return graph.op("Shape", [x], { start: axis, end: axis + 1 });
}

function scalarOf(graph: OnnxGraph, vector: string): string {
  return graph.op("Squeeze", [vector, graph.integers([0])]);
}
