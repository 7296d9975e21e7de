/**
 * Tensors in the safetensors layout: 8 bytes of header length, a JSON header, the raw data. Read by ranges, tensor for
 * tensor, so that a large model is never held twice.
 *
 * @module
 */
import { InputError } from "./errors.ts";
import { openFile, readBytes, readHeader, readShards, type TensorEntry } from "./safetensors_header.ts";

export type { TensorEntry } from "./safetensors_header.ts";

/** Values on the host: real numbers (F32, F16 and BF16 alike), 32-bit and 64-bit whole numbers. */
export type TensorValues = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;

/** One tensor: the element type that the file stores, its shape, and its values in row-major order. */
export interface StoredTensor {
  /** As stored: `"F32"`, `"F16"`, `"BF16"`, `"I64"` or `"I32"`. */
  dtype: string;
  /** Sizes of the axes; empty for a scalar. */
  shape: number[];
  /** As many values as the shape tells. */
  data: TensorValues;
}

/** An opened file (or set of shards): the headers are read and checked, the values are not yet read. */
export interface SafetensorsFile {
  /** Every tensor by name. */
  entries: Map<string, TensorEntry>;
  /** The header's free text entries. */
  metadata: Record<string, string>;
  /**
   * Reads one tensor.
   *
   * @throws {InputError} where there is no tensor of that name, its element type is not read here, or the file ends early.
   */
  read(name: string): Promise<StoredTensor>;
}

/**
 * Opens a `.safetensors` file, or all shards of a `.safetensors.index.json`, and checks every header against its file.
 *
 * @throws {InputError} where a file is missing or malformed; names the file and, where one is at fault, the tensor.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const { entries, metadata } = path.endsWith(".json") ? await readShards(path) : await readHeader(path);
  return {
    entries,
    metadata,
    async read(name: string): Promise<StoredTensor> {
      const entry = entries.get(name);
      if (entry === undefined) {
        throw new InputError(
          `Cannot read tensor '${name}' of '${path}' as there is none of that name: it has ${entries.size} others.`,
        );
      }
      return await readTensor(name, entry);
    },
  };
}

/**
 * Reads all tensors of a file or of a set of shards.
 *
 * @throws {InputError} as {@link openSafetensors} and {@link SafetensorsFile.read} do.
 */
export async function readSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  const file = await openSafetensors(path);
  const tensors = new Map<string, StoredTensor>();
  for (const name of file.entries.keys()) tensors.set(name, await file.read(name));
  return tensors;
}

async function readTensor(name: string, entry: TensorEntry): Promise<StoredTensor> {
  using file = await openFile(entry.file);
  const { dtype, shape } = entry;
  if (!["F32", "F16", "BF16", "I64", "I32"].includes(dtype)) {
    throw new InputError(
      `Cannot read tensor '${name}' of '${entry.file}' as its element type is ${dtype}: expected F32, F16, BF16, I64 or I32.`,
    );
  }
  const { buffer } = await readBytes(file, entry.file, entry.begin, entry.end - entry.begin);
  if (dtype === "F32") return { dtype, shape, data: new Float32Array(buffer) };
  if (dtype === "I32") return { dtype, shape, data: new Int32Array(buffer) };
  if (dtype === "I64") return { dtype, shape, data: new BigInt64Array(buffer) };
  if (dtype === "F16") return { dtype, shape, data: new Float32Array(new Float16Array(buffer)) };
  // BF16 is the upper half of an F32.
  const upper = new Uint16Array(buffer);
  const bits = new Uint32Array(upper.length);
  for (let i = 0; i < upper.length; i++) bits[i] = (upper[i] as number) << 16;
  return { dtype, shape, data: new Float32Array(bits.buffer) };
}
