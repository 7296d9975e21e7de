/**
 * The header of a safetensors file, checked against the file's size before anything is allocated by it.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { InputError, messageOf } from "./errors.ts";
import { reading, readJson } from "./files.ts";

/** What the header says of one tensor. */
export interface TensorEntry {
  /** Element type, as `"F32"`. */
  dtype: string;
  /** Sizes of the axes; empty for a scalar. */
  shape: number[];
  /** Path of the file that holds it. */
  file: string;
  /** Its first byte in the file. */
  begin: number;
  /** The byte after its last one. */
  end: number;
}

/** The headers of a file or of all shards of a set. */
export interface Header {
  /** Every tensor by name. */
  entries: Map<string, TensorEntry>;
  /** The header's free text entries. */
  metadata: Record<string, string>;
}

/** Bytes an element, for all types that the layout knows. */
// deno-fmt-ignore
const BYTES: Record<string, number> = {
  F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1,
};

const HEADER_LIMIT = 100 * 1024 * 1024;

/** Reads the headers of all shards that an index names. */
export async function readShards(path: string): Promise<Header> {
  const index = await readJson(path) as { weight_map?: unknown };
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
export async function readHeader(path: string): Promise<Header> {
  using file = await openFile(path);
  const { size, isFile } = await file.stat();
  if (!isFile) throw new InputError(`Cannot read '${path}' as it is no plain file: expected safetensors.`);
  const wrong = (why: string) => new InputError(`Cannot read '${path}' as safetensors: ${why}.`);
  if (size < 8) throw wrong(`it has ${size} bytes, expected at least 8`);
  const length = Number(new DataView((await readBytes(file, path, 0, 8)).buffer).getBigUint64(0, true));
  if (length > size - 8) throw wrong(`its header is said to have ${length} bytes, but only ${size - 8} follow`);
  if (length > HEADER_LIMIT) {
    throw wrong(`its header is said to have ${length} bytes, expected at most ${HEADER_LIMIT}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(file, path, 8, length)));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw wrong(`its header is not JSON: ${messageOf(error)}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw wrong("its header is not a JSON object");

  const header: Header = { entries: new Map(), metadata: {} };
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") header.metadata = checkMetadata(value, wrong);
    else header.entries.set(name, checkEntry(name, value, { path, start: 8 + length, size }));
  }
  // The data of the tensors cover the rest of the file, without holes and without overlap.
  let place = 8 + length;
  for (const [name, { begin, end }] of [...header.entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== place) throw wrong(`tensor '${name}' begins at byte ${begin}, expected ${place}`);
    place = end;
  }
  if (place !== size) throw wrong(`its tensors end at byte ${place}, but it has ${size} bytes`);
  return header;
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
    throw wrong(`its data are said to lie at bytes ${begin} to ${end} of ${file.size}`);
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

/** Opens a file for reading. */
export async function openFile(path: string): Promise<Deno.FsFile> {
  return await reading(path, () => Deno.open(path));
}

/** Reads `length` bytes from the byte `begin` on. */
export async function readBytes(
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
