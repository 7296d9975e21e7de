/**
 * Writes ONNX models.
 *
 * @module
 */

/** A length-delimited field: tag, length, bytes. */
export function field(number: number, bytes: Uint8Array): Uint8Array {
  return message([varint(number << 3 | 2), varint(bytes.length), bytes]);
}

/** A field of a whole number: tag and value. */
export function integerField(number: number, value: number): Uint8Array {
  return message([varint(number << 3), varint(value)]);
}

/** Base-128 number, low groups first; a negative one in two's complement of 64 bits. */
export function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const group = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? group | 128 : group);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** The UTF-8 bytes of a text. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** The raw bytes of a typed array (little-endian, as ONNX wants them and as every platform of Deno stores them). */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Fields one after the other, which is what a message is. */
export function message(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The element types that the writer knows, with their numbers in `onnx.TensorProto.DataType`. */
const ELEMENT = { float32: 1, int64: 7, bool: 9, float16: 10 } as const;

/** Element type of a graph's input or output. */
export type OnnxType = "float32" | "int64";

/** The value of an operator's attribute: a whole number, a list of them, or `{ float }` for a real number. */
export type OnnxAttribute = number | readonly number[] | { float: number };

/** Opset of the default domain: the first with `Gelu`. */
const OPSET = 20;

/**
 * A graph under construction. Values are named by strings; every method that makes one returns its name.
 *
 * @example
 * ```ts
 * import { OnnxGraph } from "./onnx_writer.ts";
 * const graph = new OnnxGraph("double");
 * const x = graph.input("x", "float32", ["n", 2]);
 * graph.output("y", "float32", ["n", 2], graph.op("Add", [x, x]));
 * if (graph.toBytes()[0] !== 8) throw new Error("not a ModelProto");
 * ```
 */
export class OnnxGraph {
  readonly #name: string;
  readonly #half: boolean;
  readonly #prefix: string;
  readonly #nodes: Uint8Array[] = [];
  readonly #weights: Uint8Array[] = [];
  readonly #inputs: Uint8Array[] = [];
  readonly #outputs: Uint8Array[] = [];
  readonly #constants = new Map<string, string>();
  #count = 0;

  /**
   * Starts an empty graph. With `half`, weights are stored as float16 with a `Cast` to float32 behind each, which the
   * runtime folds when it loads the file: half the size, computing in float32. A `prefix` keeps the names of values apart from
   * those of a graph that this one becomes a part of.
   */
  constructor(name: string, options: { half?: boolean; prefix?: string } = {}) {
    this.#name = name;
    this.#half = options.half ?? false;
    this.#prefix = options.prefix ?? "";
  }

  /** Declares an input of the given shape; a string is a symbolic size. Returns its name. */
  input(name: string, type: OnnxType, shape: readonly (number | string)[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** Declares `from` as the output `name`. */
  output(name: string, type: OnnxType, shape: readonly (number | string)[], from: string): void {
    this.#nodes.push(node("Identity", [from], [name], {}));
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** Adds an operator with one output and returns the output's name. An omitted input is `""`. */
  op(type: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    const name = this.#fresh(type);
    this.#nodes.push(node(type, inputs, [name], attributes));
    return name;
  }

  /** Adds a weight and returns its name. Throws RangeError if the number of values does not fit the shape. */
  weight(name: string, values: Float32Array, shape: readonly number[]): string {
    const size = shape.reduce((product, length) => product * length, 1);
    if (values.length !== size) {
      throw new RangeError(
        `Cannot store '${name}' as it has ${values.length} values: expected ${size} for [${shape}].`,
      );
    }
    if (!this.#half) {
      this.#weights.push(tensor(name, ELEMENT.float32, shape, bytesOf(values)));
      return name;
    }
    this.#weights.push(tensor(`${name}.half`, ELEMENT.float16, shape, bytesOf(new Float16Array(values))));
    this.#nodes.push(node("Cast", [`${name}.half`], [name], { to: ELEMENT.float32 }));
    return name;
  }

  /** A constant vector of whole numbers, or a scalar for a number; equal ones are stored once. Returns its name. */
  integers(values: number | readonly number[]): string {
    return this.#constant(`i${JSON.stringify(values)}`, (name) => {
      const list = BigInt64Array.from([values].flat(), BigInt);
      return tensor(name, ELEMENT.int64, typeof values === "number" ? [] : [list.length], bytesOf(list));
    });
  }

  /** A constant float32 scalar; equal ones are stored once. Returns its name. */
  scalar(value: number): string {
    return this.#constant(`f${value}`, (name) => tensor(name, ELEMENT.float32, [], bytesOf(Float32Array.of(value))));
  }

  /** The whole model file (`onnx.ModelProto`). */
  toBytes(): Uint8Array {
    const graph = message([
      ...this.#nodes.map((bytes) => field(1, bytes)),
      field(2, text(this.#name)),
      ...this.#weights.map((bytes) => field(5, bytes)),
      ...this.#inputs.map((bytes) => field(11, bytes)),
      ...this.#outputs.map((bytes) => field(12, bytes)),
    ]);
    return message([
      integerField(1, 9), // ir_version
      field(2, text("brewclip")), // producer_name
      field(7, graph),
      field(8, message([field(1, text("")), integerField(2, OPSET)])),
    ]);
  }

  #fresh(type: string): string {
    return `${this.#prefix}${type}_${this.#count++}`;
  }

  #constant(key: string, make: (name: string) => Uint8Array): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh("constant");
    this.#weights.push(make(name));
    this.#constants.set(key, name);
    return name;
  }
}

function node(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, OnnxAttribute>,
): Uint8Array {
  return message([
    ...inputs.map((name) => field(1, text(name))),
    ...outputs.map((name) => field(2, text(name))),
    field(4, text(type)),
    ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
  ]);
}

function attribute(name: string, value: OnnxAttribute): Uint8Array {
  if (typeof value === "number") return message([field(1, text(name)), integerField(3, value), integerField(20, 2)]);
  if ("float" in value) {
    const bits = message([varint(2 << 3 | 5), bytesOf(Float32Array.of(value.float))]);
    return message([field(1, text(name)), bits, integerField(20, 1)]);
  }
  return message([field(1, text(name)), ...value.map((item) => integerField(8, item)), integerField(20, 7)]);
}

function tensor(name: string, type: number, shape: readonly number[], raw: Uint8Array): Uint8Array {
  return message([
    ...shape.map((size) => integerField(1, size)),
    integerField(2, type),
    field(8, text(name)),
    field(9, raw),
  ]);
}

function valueInfo(name: string, type: OnnxType, shape: readonly (number | string)[]): Uint8Array {
  const dimensions = shape.map((size) =>
    field(1, typeof size === "number" ? integerField(1, size) : field(2, text(size)))
  );
  const tensorType = message([integerField(1, ELEMENT[type]), field(2, message(dimensions))]);
  return message([field(1, text(name)), field(2, field(1, tensorType))]);
}
