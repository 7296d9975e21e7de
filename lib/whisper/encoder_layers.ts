/**
 * Makes an encoder's ONNX graph return the states between its layers, which published graphs compute but do not return.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { joinBytes } from "../files/read.ts";
import { field, fieldsOf } from "./onnx_message.ts";

/** Length-delimited fields of ONNX messages. */
const MODEL = { graph: 7 }, GRAPH = { node: 1, output: 12 }, NODE = { input: 1, output: 2, type: 4 };

/** Operators that pass a stream on: some exports clip it, or change its number format. */
const PASSES: readonly string[] = ["Cast", "Clip", "Identity"];

interface Node {
  type: string;
  inputs: string[];
  outputs: string[];
}

/** A graph with more outputs. */
interface LayerOutputs {
  bytes: Uint8Array<ArrayBuffer>;
  /** The outputs that precede the last hidden states: the input of the first layer, then the output of each but the last. */
  names: string[];
}

/**
 * Adds outputs for the residual stream before each layer to a pre-norm encoder. With the graph's own output, the last
 * hidden states, they are the `output_hidden_states` of Python's transformers.
 *
 * The stream is found by its structure, since exporters name tensors differently: a layer adds to it twice, each time a
 * value that was computed from the stream itself.
 *
 * @param model the bytes of the ONNX file
 * @param layers the encoder's layers
 * @throws {InputError} if the graph does not have that structure.
 */
export function withLayerOutputs(model: Uint8Array, layers: number): LayerOutputs {
  const found = [...fieldsOf(model)].find(({ number }) => number === MODEL.graph);
  const graph = found?.bytes ?? new Uint8Array(0);
  const names = streamsOf(
    [...fieldsOf(graph)].flatMap(({ number, bytes }) => number === GRAPH.node ? readNode(bytes) : []),
    layers,
  );
  if (found === undefined || names === undefined) {
    throw new InputError(
      `its encoder does not have the structure of a Whisper with ${layers} layers, so their outputs cannot be read. ` +
        "Export it again, or do without '--acoustic-layers'",
    );
  }
  const outputs = names.map((name) => field(GRAPH.output, field(1, new TextEncoder().encode(name)))); // the runtime infers types
  const edited = field(MODEL.graph, joinBytes([graph, ...outputs]));
  return { bytes: joinBytes([model.subarray(0, found.start), edited, model.subarray(found.end)]), names };
}

/** The residual stream before each layer; undefined if there are fewer additions to it, or they do not follow each other. */
function streamsOf(nodes: readonly Node[], layers: number): string[] | undefined {
  const maker = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  const source = (name: string): string => {
    const node = maker.get(name);
    return node !== undefined && PASSES.includes(node.type) ? source(node.inputs[0]!) : name;
  };
  const needs = (name: string, wanted: string, seen = new Set<string>()): boolean =>
    name === wanted ||
    !seen.has(name) && (seen.add(name), maker.get(name)?.inputs ?? []).some((input) => needs(input, wanted, seen));
  const additions = nodes.flatMap(({ type, inputs: [a = "", b = ""], outputs: [output] }) => {
    if (type !== "Add" || !maker.has(a) || !maker.has(b)) return [];
    return needs(b, a) ? [{ from: a, output }] : needs(a, b) ? [{ from: b, output }] : [];
  }).slice(-2 * layers);
  const linked = additions.every(({ from }, i) => i === 0 || source(from) === additions[i - 1]!.output);
  return linked && additions.length === 2 * layers
    ? additions.filter((_, i) => i % 2 === 0).map(({ from }) => from)
    : undefined;
}

function readNode(bytes: Uint8Array): Node {
  const texts = (wanted: number): string[] =>
    [...fieldsOf(bytes)].flatMap(({ number, bytes }) => number === wanted ? new TextDecoder().decode(bytes) : []);
  return { type: texts(NODE.type)[0] ?? "", inputs: texts(NODE.input), outputs: texts(NODE.output) };
}
