/**
 * Reads and writes safetensors: 8 bytes of header length, a JSON header, the raw data. Tensors are read one by one, so that
 * a large model is never in memory twice.
 */
import { dirname, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { reading, readJson } from "../files/read.ts";

/** Values of a tensor: floats (also for F16 and BF16), 32-bit or 64-bit integers. */
export type TensorValues = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;

/** A tensor as it is stored. */
export interface StoredTensor {
  /** `"F32"`, `"F16"`, `"BF16"`, `"I64"` or `"I32"`. */
  dtype: string;
  /** Empty for a scalar. */
  shape: number[];
  /** Values in row-major order. */
  data: TensorValues;
}

/** The headers of a file or of all shards of a set. */
interface Header {
  entries: Map<string, TensorEntry>;
  /** The free text entries. */
  metadata: Record<string, string>;
}

/** An opened file or set of shards with checked headers. */
export interface SafetensorsFile extends Header {
  /**
   * Reads one tensor.
   *
   * @throws {InputError} if there is no such tensor, its element type is not supported, or the file ends early.
   */
  read(name: string): Promise<StoredTensor>;
}

/**
 * Opens a `.safetensors` file, or all shards of a `.safetensors.index.json`, and checks every header.
 *
 * @throws {InputError} if a file is missing or malformed. Names the file and the tensor.
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
 * @throws {InputError} if a file is missing or malformed, or an element type is not supported.
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

/** A tensor to write. */
export interface TensorToWrite {
  /** Empty for a scalar. */
  shape: readonly number[];
  /** Values in row-major order. */
  data: TensorValues;
}

/** Options of `writeSafetensors`. */
export interface WriteOptions {
  /** Element type of floats. Integers keep theirs. Default `"F32"`. */
  dtype?: "F32" | "F16";
  /** Free text entries of the header. Default none. */
  metadata?: Record<string, string>;
}

const F16_LARGEST = 65504;

/**
 * Encodes a safetensors file. Wider elements come first, so that every tensor is aligned.
 *
 * @throws {InputError} if the number of values does not fit the shape, or a finite value does not fit into F16.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.create(null); // allows any name
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
  let position = start;
  for (const { values } of packed) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}

/**
 * Writes a safetensors file atomically.
 *
 * @throws {InputError} if the number of values does not fit the shape, or a finite value does not fit into F16.
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

interface TensorEntry {
  /** Element type, such as `"F32"`. */
  dtype: string;
  shape: number[];
  /** Path of the file. */
  file: string;
  /** Range of bytes in the file. */
  begin: number;
  end: number;
}

/** Bytes per element of all types in the format. */
// deno-fmt-ignore
const BYTES: Record<string, number> = {
  F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1,
};

const HEADER_LIMIT = 100 * 1024 * 1024;

/** Reads the headers of all shards that an index names. */
async function readShards(path: string): Promise<Header> {
  const index = await readJson(path) as { weight_map?: unknown };
  const twice = findDuplicateKey(await Deno.readTextFile(path));
  if (twice !== undefined) throw new InputError(`Cannot read '${path}' as it has the key '${twice}' twice.`);
  const map = index?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new InputError(`Cannot read '${path}' as it has no "weight_map": expected the index of a sharded model.`);
  }
  const header: Header = { entries: new Map(), metadata: {} };
  for (const shard of new Set(Object.values(map))) {
    if (typeof shard !== "string" || !/^[\w.-]+$/.test(shard) || shard.startsWith(".")) {
      throw new InputError(
        `Cannot read '${path}' as it names the shard ${JSON.stringify(shard)}: expected a file beside it.`,
      );
    }
    const { entries, metadata } = await readHeader(join(dirname(path), shard));
    Object.assign(header.metadata, metadata);
    for (const [name, entry] of entries) {
      if (header.entries.has(name)) {
        throw new InputError(`Cannot read '${entry.file}' as another shard has tensor '${name}' too.`);
      }
      header.entries.set(name, entry);
    }
  }
  for (const [name, shard] of Object.entries(map)) {
    if (header.entries.get(name)?.file !== join(dirname(path), String(shard))) {
      throw new InputError(`Cannot read '${path}' as tensor '${name}' is not in '${shard}', where the index has it.`);
    }
  }
  return header;
}

/** Reads and checks the header of one file. */
async function readHeader(path: string): Promise<Header> {
  using file = await openFile(path);
  const { size, isFile } = await file.stat();
  if (!isFile) throw new InputError(`Cannot read '${path}' as it is no plain file: expected safetensors.`);
  const wrong = (why: string) => new InputError(`Cannot read '${path}' as safetensors: ${why}.`);
  if (size < 8) throw wrong(`it has ${size} bytes, expected at least 8`);
  const length = Number(new DataView((await readBytes(file, path, 0, 8)).buffer).getBigUint64(0, true));
  if (length > size - 8) throw wrong(`its header announces ${length} bytes, but only ${size - 8} follow`);
  if (length > HEADER_LIMIT) {
    throw wrong(`its header announces ${length} bytes, expected at most ${HEADER_LIMIT}`);
  }
  let json: unknown, text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(file, path, 8, length));
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw wrong(`its header is not JSON: ${messageOf(error)}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw wrong("its header is not a JSON object");
  const twice = findDuplicateKey(text);
  if (twice !== undefined) throw wrong(`its header has the key '${twice}' twice, so that it has two meanings`);

  const header: Header = { entries: new Map(), metadata: {} };
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") header.metadata = checkMetadata(value, wrong);
    else header.entries.set(name, checkEntry(name, value, { path, start: 8 + length, size }));
  }
  // The data of the tensors cover the rest of the file, without holes and without overlap.
  let position = 8 + length;
  for (const [name, { begin, end }] of [...header.entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) throw wrong(`tensor '${name}' begins at byte ${begin}, expected ${position}`);
    position = end;
  }
  if (position !== size) throw wrong(`its tensors end at byte ${position}, but it has ${size} bytes`);
  return header;
}

const COLON = /\s*:/y;

/** The first duplicate key in valid JSON, which `JSON.parse` accepts. */
function findDuplicateKey(json: string): string | undefined {
  const keys: Set<string>[] = []; // of the objects and lists around the current position
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{" || character === "[") keys.push(new Set());
    else if (character === "}" || character === "]") keys.pop();
    else if (character === '"') {
      const start = at++;
      while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
      COLON.lastIndex = at + 1;
      if (!COLON.test(json)) continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      if (keys.at(-1)!.has(key)) return key;
      keys.at(-1)!.add(key);
    }
  }
  return undefined;
}

function checkMetadata(value: unknown, wrong: (why: string) => InputError): Record<string, string> {
  const texts = typeof value === "object" && value !== null &&
    Object.values(value).every((text) => typeof text === "string");
  if (!texts || Array.isArray(value)) throw wrong("its __metadata__ is no object of texts");
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown, file: { path: string; start: number; size: number }): TensorEntry {
  const wrong = (why: string) => new InputError(`Cannot read tensor '${name}' of '${file.path}': ${why}.`);
  const { dtype, shape, data_offsets } = (value ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  const bytes = typeof dtype === "string" && Object.hasOwn(BYTES, dtype) ? BYTES[dtype] : undefined;
  if (bytes === undefined) {
    throw wrong(`its element type is ${JSON.stringify(dtype)}, expected one of ${Object.keys(BYTES).join(", ")}`);
  }
  if (!isSizes(shape)) throw wrong(`its shape is ${JSON.stringify(shape)}, expected a list of whole numbers`);
  if (!isSizes(data_offsets) || data_offsets.length !== 2) {
    throw wrong(`its data_offsets are ${JSON.stringify(data_offsets)}, expected two whole numbers`);
  }
  const [begin, end] = data_offsets.map((offset) => offset + file.start) as [number, number];
  if (begin > end || end > file.size) {
    throw wrong(`its data_offsets are the bytes ${begin} to ${end} of ${file.size}`);
  }
  const expected = shape.reduce((product, n) => product * n, bytes);
  if (end - begin !== expected) {
    throw wrong(`it has ${end - begin} bytes, but its shape [${shape}] in ${dtype} needs ${expected}`);
  }
  return { dtype: dtype as string, shape, file: file.path, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function openFile(path: string): Promise<Deno.FsFile> {
  return reading(path, () => Deno.open(path));
}

/** Reads `length` bytes from the offset `begin`. */
async function readBytes(
  file: Deno.FsFile,
  path: string,
  begin: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await file.seek(begin, Deno.SeekMode.Start);
  for (let done = 0; done < length;) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) {
      throw new InputError(`Cannot read '${path}' as it ended at byte ${begin + done}: it changed while it was read.`);
    }
    done += read;
  }
  return bytes;
}
