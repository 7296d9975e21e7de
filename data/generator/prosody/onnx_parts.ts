/**
 * An ONNX file taken apart, as far as needed to put another graph before or behind it.
 *
 * @module
 */
import { InputError } from "../../../lib/errors.ts";
import { field, message, text, varint } from "../protocol_buffers.ts";

/** A field of a message: its number, and its bytes without tag and length, or its whole number. */
interface Field {
  number: number;
  /** The field as it stands in the file. */
  whole: Uint8Array;
  /** What is in it, where it has a length. */
  bytes: Uint8Array | undefined;
  /** Its number, where it is one. */
  value: number | undefined;
}

/** Numbers of the fields that are touched, in onnx.proto3. */
const GRAPH = 7, OPSET = 8, NODE = 1, WEIGHT = 5, INPUT = 11, OUTPUT = 12;

/** A graph's parts, each as the bytes of its message. */
export interface GraphParts {
  /** Operators in the order in which they run. */
  nodes: Uint8Array[];
  /** Weights. */
  weights: Uint8Array[];
  /** Inputs by name. */
  inputs: Map<string, Uint8Array>;
  /** Outputs by name. */
  outputs: Map<string, Uint8Array>;
  /** The newest operators that the file may use. */
  opset: number;
}

/**
 * Takes a model file apart.
 *
 * @param name of the file, for messages
 * @throws {InputError} where it is damaged or has branches.
 */
export function onnxParts(bytes: Uint8Array, name: string): GraphParts {
  try {
    const model = fieldsOf(bytes);
    const graph = fieldsOf(model.find(({ number }) => number === GRAPH)!.bytes!);
    const all = (number: number): Uint8Array[] => graph.filter((one) => one.number === number).map((one) => one.bytes!);
    const named = (number: number): Map<string, Uint8Array> => new Map(all(number).map((one) => [nameOf(one, 1), one]));
    const nodes = all(NODE);
    const branch = nodes.some((node) =>
      fieldsOf(node).some((one) => one.number === 5 && fieldsOf(one.bytes!).some(({ number }) => number === 6))
    );
    if (branch) throw new RangeError("it has branches");
    const sets = model.filter(({ number }) => number === OPSET).map(({ bytes }) => fieldsOf(bytes!));
    const standard = sets.find((set) => set.every(({ number, bytes }) => number !== 1 || bytes?.length === 0));
    const opset = standard?.find(({ number }) => number === 2)?.value ?? 0;
    return { nodes, weights: all(WEIGHT), inputs: named(INPUT), outputs: named(OUTPUT), opset };
  } catch (error) {
    const why = error instanceof RangeError ? error.message : "it is damaged";
    throw new InputError(
      `Cannot take '${name}' apart as ${why}: expected a single graph as 'deno task sample' writes it.`,
    );
  }
}

/** A node with values renamed, at its inputs and its outputs. */
export function renamed(node: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array {
  return message(
    fieldsOf(node).map(({ number, whole, bytes }) => {
      if (number !== 1 && number !== 2) return whole;
      const name = names.get(new TextDecoder().decode(bytes));
      return name === undefined ? whole : field(number, text(name));
    }),
  );
}

/** A model file of parts. */
export function joinedOnnx(name: string, { nodes, weights, inputs, outputs, opset }: GraphParts): Uint8Array {
  const graph = message([
    ...nodes.map((bytes) => field(NODE, bytes)),
    field(2, text(name)),
    ...weights.map((bytes) => field(WEIGHT, bytes)),
    ...[...inputs.values()].map((bytes) => field(INPUT, bytes)),
    ...[...outputs.values()].map((bytes) => field(OUTPUT, bytes)),
  ]);
  const version = message([field(1, text("")), varint(2 << 3), varint(opset)]);
  const head = message([varint(1 << 3), varint(9), field(2, text("brewclip"))]); // ir_version, producer_name
  return message([head, field(GRAPH, graph), field(OPSET, version)]);
}

function nameOf(bytes: Uint8Array, number: number): string {
  return new TextDecoder().decode(fieldsOf(bytes).find((one) => one.number === number)!.bytes);
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const number = (): number => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("it ends in the middle");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const start = at, tag = number();
    let inside: Uint8Array | undefined, value: number | undefined;
    if ((tag & 7) === 0) value = number();
    else if ((tag & 7) === 1) at += 8;
    else if ((tag & 7) === 5) at += 4;
    else if ((tag & 7) === 2) {
      const length = number();
      inside = bytes.subarray(at, at += length);
    } else throw new RangeError("it is damaged");
    if (at > bytes.length) throw new RangeError("it ends in the middle");
    fields.push({ number: tag >>> 3, whole: bytes.subarray(start, at), bytes: inside, value });
  }
  return fields;
}
