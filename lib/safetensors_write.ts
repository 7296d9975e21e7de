/**
 * Writing of tensors in the safetensors layout.
 *
 * @module
 */
import { InputError } from "./errors.ts";
import { writeAtomic } from "./files.ts";
import type { TensorValues } from "./safetensors.ts";

/** A tensor to be written. */
export interface TensorToWrite {
  /** Sizes of the axes; empty for a scalar. */
  shape: readonly number[];
  /** As many values as the shape tells. */
  data: TensorValues;
}

/** How tensors are written. */
export interface WriteOptions {
  /** Element type of real numbers; whole numbers keep theirs. Default `"F32"`. */
  dtype?: "F32" | "F16";
  /** Free text entries for the header. Default none. */
  metadata?: Record<string, string>;
}

const F16_LARGEST = 65504;

/**
 * The bytes of a safetensors file. Wider elements come first, so that every tensor is aligned; else the order is kept.
 *
 * @throws {InputError} where a tensor has more or fewer values than its shape tells, or a finite value that F16 cannot hold.
 *
 * @example
 * ```ts
 * import { encodeSafetensors } from "./safetensors_write.ts";
 * const bytes = encodeSafetensors(new Map([["a", { shape: [2], data: new Float32Array([1, 2]) }]]));
 * if (bytes.length % 8 !== 0) throw new Error("not aligned");
 * ```
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.create(null); // so that any name is a plain one
  if (options.metadata !== undefined) header.__metadata__ = options.metadata;
  const packed = [...tensors].map(([name, tensor]) => ({ name, shape: tensor.shape, ...pack(name, tensor, options) }));
  packed.sort((a, b) => b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT);
  let end = 0;
  for (const { name, dtype, shape, values } of packed) {
    header[name] = { dtype, shape, data_offsets: [end, end += values.byteLength] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let place = start;
  for (const { values } of packed) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), place);
    place += values.byteLength;
  }
  return bytes;
}

/**
 * Writes a safetensors file; a reader sees the old one or the new one, never a part.
 *
 * @throws {InputError} as {@link encodeSafetensors} does.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  options: WriteOptions = {},
): Promise<void> {
  await writeAtomic(path, encodeSafetensors(tensors, options));
}

function pack(
  name: string,
  { shape, data }: TensorToWrite,
  { dtype = "F32" }: WriteOptions,
): { dtype: string; values: TensorValues | Float16Array<ArrayBuffer> } {
  const expected = shape.reduce((product, n) => product * n, 1);
  if (data.length !== expected) {
    throw new InputError(
      `Cannot write tensor '${name}' as it has ${data.length} values: its shape [${shape}] needs ${expected}.`,
    );
  }
  if (data instanceof Int32Array) return { dtype: "I32", values: data };
  if (data instanceof BigInt64Array) return { dtype: "I64", values: data };
  if (dtype === "F32") return { dtype, values: data };
  const large = data.find((value) => Number.isFinite(value) && Math.abs(value) > F16_LARGEST);
  if (large !== undefined) {
    throw new InputError(
      `Cannot write tensor '${name}' in F16 as it holds ${large}: expected at most ${F16_LARGEST}. Use F32.`,
    );
  }
  return { dtype, values: new Float16Array(data) };
}
