/**
 * A Whisper whose encoder hears prosody beside the words: its states become wider, its transcripts stay as they are.
 *
 * @module
 */
import { InputError } from "../../../lib/errors.ts";
import { OnnxGraph } from "../onnx_writer.ts";
import { gelu } from "../whisper_onnx_layers.ts";
import { type GraphParts, joinedOnnx, onnxParts, renamed } from "./onnx_parts.ts";
import { BANDS } from "./statistics.ts";
import { STATE_WIDTH, towerShapes, type TowerSize } from "./tower.ts";

/** The first opset with the operators that the encoder of prosody needs. */
const OPSET = 20;
const STATES = "last_hidden_state";

/** The encoder of prosody: sizes and values. */
export interface Tower {
  /** Its sizes. */
  size: TowerSize;
  /** Values by name. */
  values: ReadonlyMap<string, Float32Array>;
}

/**
 * Whisper's encoder with the encoder of prosody beside it: `[B, 80, T]` -> `[B, T / 2, width + 64]`, the old states first.
 *
 * @param bytes the file `encoder_model.onnx`
 * @param width of its states
 * @throws {InputError} where the file is none of this project's.
 */
export function widenedEncoder(bytes: Uint8Array, width: number, tower: Tower): Uint8Array {
  const old = current(bytes, "encoder_model.onnx", [STATES]);
  const narrow = `whisper.${STATES}`;
  const graph = new OnnxGraph("prosody", { prefix: "prosody." });
  const mel = graph.input("input_features", "float32", ["batch_size", BANDS, "frames"]);
  const heard = towerNodes(graph, mel, tower);
  const both = graph.op("Concat", [narrow, heard], { axis: -1 });
  graph.output(STATES, "float32", ["batch_size", "states", width + STATE_WIDTH], both);
  const added = onnxParts(graph.toBytes(), "prosody");
  const names = new Map([[STATES, narrow]]);
  return joinedOnnx("whisper_encoder", {
    nodes: [...old.nodes.map((node) => renamed(node, names)), ...added.nodes],
    weights: [...old.weights, ...added.weights],
    inputs: old.inputs,
    outputs: added.outputs,
    opset: old.opset,
  });
}

/**
 * Whisper's decoder for the wider states, of which it reads what it always read. transformers.js takes the sizes of the cache from
 * the width, so keys and values get heads that nothing reads.
 *
 * @param bytes the file `decoder_model_merged.onnx`
 * @param width of the states before
 * @param heads before
 * @throws {InputError} where the file is none of this project's, or the new width is no multiple of a head's.
 */
export function widenedDecoder(bytes: Uint8Array, width: number, heads: number): Uint8Array {
  const old = current(bytes, "decoder_model_merged.onnx", ["logits"]);
  const head = width / heads, extra = addedHeads(width, heads);
  const before = new OnnxGraph("narrow", { prefix: "narrow." }), after = new OnnxGraph("wide", { prefix: "wide." });
  const names = new Map<string, string>();
  const cut = (value: string, length: number, axis: number, graph: OnnxGraph): string =>
    graph.op("Slice", [value, graph.integers([0]), graph.integers([length]), graph.integers([axis])]);
  const kept = new Map<string, Uint8Array>();
  for (const [name, bytes] of old.inputs) {
    if (name === "encoder_hidden_states") {
      names.set(
        name,
        cut(before.input(name, "float32", ["batch_size", "states", width + STATE_WIDTH]), width, 2, before),
      );
    } else if (name.startsWith("past_key_values.")) {
      const past = before.input(name, "float32", ["batch_size", heads + extra, `${name}.places`, head]);
      names.set(name, cut(past, heads, 1, before));
    } else kept.set(name, bytes);
  }
  for (const name of old.outputs.keys()) {
    if (!name.startsWith("present.")) continue;
    const own = `whisper.${name}`;
    names.set(name, own);
    const wide = after.op("Concat", [own, cut(own, extra, 1, after)], { axis: 1 });
    after.output(name, "float32", ["batch_size", heads + extra, `${name}.places`, head], wide);
  }
  const [first, last] = [onnxParts(before.toBytes(), "narrow"), onnxParts(after.toBytes(), "wide")];
  return joinedOnnx("whisper_decoder", {
    nodes: [...first.nodes, ...old.nodes.map((node) => renamed(node, names)), ...last.nodes],
    weights: [...first.weights, ...old.weights, ...last.weights],
    inputs: new Map([...kept, ...first.inputs]),
    outputs: new Map([...[...old.outputs].filter(([name]) => !names.has(name)), ...last.outputs]),
    opset: old.opset,
  });
}

/**
 * Heads of the cache that nothing reads.
 *
 * @throws {InputError} where they would not be whole, or more than there are.
 */
export function addedHeads(width: number, heads: number): number {
  const extra = STATE_WIDTH / (width / heads);
  if (Number.isInteger(extra) && extra <= heads) return extra;
  throw new InputError(
    `Cannot widen a Whisper of width ${width} and ${heads} heads by ${STATE_WIDTH} as its heads must divide that and be ` +
      "enough of them: use the bundled one.",
  );
}

function current(bytes: Uint8Array, name: string, outputs: string[]): GraphParts {
  const parts = onnxParts(bytes, name);
  if (parts.opset < OPSET || outputs.some((output) => !parts.outputs.has(output))) {
    throw new InputError(
      `Cannot widen '${name}' as it must be of opset ${OPSET} and give ${outputs}: it is of opset ${parts.opset} and gives ` +
        `${[...parts.outputs.keys()].join(", ").slice(0, 100)}. Use the bundled Whisper.`,
    );
  }
  return parts;
}

/** The operators of `runTower`, and its two results joined for each frame: `[B, T / 2, 64]`. */
function towerNodes(graph: OnnxGraph, mel: string, { size, values }: Tower): string {
  const shapes = towerShapes(size);
  const stored = (name: string, turn?: (values: Float32Array, shape: number[]) => [Float32Array, number[]]): string => {
    const [value, shape] = [values.get(name), shapes.get(name)];
    if (!value || !shape) throw new RangeError(`Cannot write the encoder of prosody as '${name}' is missing`);
    return graph.weight(`prosody.${name}`, ...(turn === undefined ? [value, shape] as const : turn(value, shape)));
  };
  const dense = (name: string, x: string): string => {
    const weight = stored(`${name}.weight`, (value, shape) => {
      const [out, inputs] = shape as [number, number];
      return [value.map((_, i) => value[(i % out) * inputs + Math.floor(i / out)]!), [inputs, out]]; // [I, O]
    });
    return graph.op("Add", [graph.op("MatMul", [x, weight]), stored(`${name}.bias`)]);
  };
  const convolved = (name: string, x: string, stride: number): string => {
    const kernel = stored(`${name}.weight`, (value, shape) => {
      const [out, inputs] = [shape[0]!, shape[1]! / 3];
      const place = (i: number): number => { // [O, I, 3] from [O, 3 I]
        const [o, input, tap] = [Math.floor(i / (3 * inputs)), Math.floor(i / 3) % inputs, i % 3];
        return (o * 3 + tap) * inputs + input;
      };
      return [value.map((_, i) => value[place(i)]!), [out, inputs, 3]];
    });
    const attributes = { kernel_shape: [3], pads: [1, 1], strides: [stride] };
    return gelu(graph, graph.op("Conv", [x, kernel, stored(`${name}.bias`)], attributes));
  };
  const turned = (x: string): string => graph.op("Transpose", [x], { perm: [0, 2, 1] });
  const norm = (name: string, x: string): string =>
    graph.op("LayerNormalization", [x, stored(`${name}.weight`), stored(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: 1e-5 },
    });
  const sum = (x: string): string => graph.op("ReduceSum", [x, graph.integers([1])], { keepdims: 1 });

  let x = turned(convolved("conv2", convolved("conv1", mel, 1), 2)); // [B, S, C]
  for (const i of [3, 4]) x = graph.op("Add", [x, turned(convolved(`conv${i}`, turned(norm(`norm${i}`, x)), 1))]);
  const heard = norm("norm", x);
  const gates = graph.op("Sigmoid", [dense("gates", heard)]);
  const pooled = dense("pooled", heard);
  const parts: string[] = [];
  for (const place of [0, 1]) {
    const gate = graph.op("Slice", [gates, graph.integers([place]), graph.integers([place + 1]), graph.integers([2])]);
    const total = graph.op("Add", [sum(gate), graph.scalar(1e-3)]);
    const mean = graph.op("Div", [sum(graph.op("Mul", [gate, pooled])), total]);
    const off = graph.op("Sub", [pooled, mean]);
    const squares = sum(graph.op("Mul", [gate, graph.op("Mul", [off, off])]));
    const variance = graph.op("Add", [graph.op("Div", [squares, total]), graph.scalar(1e-4)]);
    parts.push(mean, graph.op("Sqrt", [variance]));
  }
  parts.push(graph.op("Log", [graph.op("Add", [sum(gates), graph.scalar(1e-3)])]));
  const joined = norm("norm_statistics", graph.op("Concat", parts, { axis: 2 })); // [B, 1, 4 P + gates]
  const statistics = dense("statistics", gelu(graph, dense("inner", joined))); // [B, 1, 53]
  const frames = dense("frames", heard); // [B, S, 11]
  const places = graph.op("Shape", [heard], { start: 1, end: 2 });
  const shape = graph.op("Concat", [graph.integers([1]), places, graph.integers([1])], { axis: 0 });
  return graph.op("Concat", [frames, graph.op("Expand", [statistics, shape])], { axis: 2 });
}
