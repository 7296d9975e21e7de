/**
 * Fingerprints of models: 16 hexadecimal digits that depend on the content of a model's files.
 */
import { basename, dirname, join, resolve } from "@std/path";
import { InputError } from "../errors.ts";
import { removeTemporary, writeAtomic } from "./atomic.ts";
import { sha256, sha256OfFile } from "./checksum.ts";
import { isAbsence, reading, readJson } from "./read.ts";

const DIGITS = 16;
const PIECES = 64;
/** Writing the hashes takes milliseconds: what is older belongs to a killed process. */
const HOUR = 3_600_000;

/**
 * The fingerprint of the `.json`, `.safetensors` and `.onnx` files in a folder and its subfolders: their names, lengths and
 * 64 evenly spread pieces of 4 KiB each. Checkpoints store it to recognize the frozen model that they were trained on.
 *
 * @throws {InputError} if the folder is missing or has no such file.
 */
export async function fingerprint(directory: string): Promise<string> {
  const paths = (await modelFiles(directory)).sort();
  if (paths.length === 0) {
    throw new InputError(`Cannot use the model '${directory}' as it has no config.json: expected a model's folder.`);
  }
  const parts: BlobPart[] = [];
  for (const path of paths) {
    const file = join(directory, path);
    const { size } = await Deno.stat(file);
    const step = Math.max(4096, Math.floor(size / PIECES));
    const starts = Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
    parts.push(`${path}:${size}\n`, ...await readPieces(file, starts, 4096));
  }
  return (await sha256(await new Blob(parts).arrayBuffer())).slice(0, DIGITS);
}

/** A hash of a file, and the stamp that shows whether the file has changed. */
type Remembered = { stamp: string; hash: string };

const remembered = new Map<string, Remembered>();

/**
 * The key of some files of a model, which tells cached results of different models apart. A file is hashed again only if its
 * size or one of its times has changed.
 *
 * @param label what else distinguishes the models, such as the type of the weights
 * @param hashes a JSON file that stores the hashes for later processes. By default they are cached in this process.
 * @throws {InputError} if a file is missing or not readable.
 */
export async function filesKey(
  folder: string,
  names: readonly string[],
  label: string,
  hashes?: string,
): Promise<string> {
  const parts = [label];
  if (hashes !== undefined) await recall(hashes);
  let fresh = false;
  for (const name of names) {
    const path = resolve(folder, name);
    const { size, mtime, ctime, ino } = await reading(path, () => Deno.stat(path));
    const stamp = [size, mtime?.getTime(), ctime?.getTime(), ino].join();
    let known = remembered.get(path);
    if (known?.stamp !== stamp) {
      known = { stamp, hash: await sha256OfFile(path) };
      remembered.set(path, known);
      fresh = true;
    }
    parts.push(name, String(size), known.hash);
  }
  // Another process may overwrite it: a lost hash is computed again. Without permission it is cached in memory only.
  if (fresh && hashes !== undefined) {
    await writeAtomic(hashes, JSON.stringify(Object.fromEntries(remembered))).catch(() => {});
    await removeTemporary(dirname(hashes), { minAge: HOUR, deep: false, of: basename(hashes) }).catch(() => {});
  }
  return (await sha256(parts.join("\n"))).slice(0, DIGITS);
}

async function recall(file: string): Promise<void> {
  const stored = await readJson(file).catch(() => undefined);
  for (const [path, known] of Object.entries(stored ?? {})) {
    const { stamp, hash } = known as Partial<Remembered>;
    if (typeof stamp === "string" && typeof hash === "string" && !remembered.has(path)) {
      remembered.set(path, { stamp, hash });
    }
  }
}

/** Earlier versions read files up to this size whole. */
const WHOLE = 64 * 2 ** 20;

/** {@link filesKey} of earlier versions, which used the size and 64 pieces of 64 KiB of a file above 64 MiB. */
export async function formerFilesKey(folder: string, names: readonly string[], label: string): Promise<string> {
  const parts = [label];
  for (const name of names) {
    const path = resolve(folder, name);
    const { size } = await Deno.stat(path);
    const starts = Array.from({ length: PIECES }, (_, i) => Math.floor((size - 2 ** 16) * i / (PIECES - 1)));
    const known = size <= WHOLE ? remembered.get(path)?.hash : undefined;
    const content = async () =>
      size <= WHOLE ? await Deno.readFile(path) : await new Blob(await readPieces(path, starts, 2 ** 16)).arrayBuffer();
    parts.push(name, String(size), known ?? await sha256(await content()));
  }
  return (await sha256(parts.join("\n"))).slice(0, DIGITS);
}

async function readPieces(path: string, starts: readonly number[], length: number): Promise<Uint8Array<ArrayBuffer>[]> {
  using file = await Deno.open(path);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (const start of starts) {
    await file.seek(start, Deno.SeekMode.Start);
    const piece = new Uint8Array(length);
    pieces.push(piece.subarray(0, await file.read(piece) ?? 0));
  }
  return pieces;
}

async function modelFiles(directory: string, under = ""): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(join(directory, under))) {
      const path = under === "" ? entry.name : `${under}/${entry.name}`;
      if (entry.isDirectory && under === "") found.push(...await modelFiles(directory, path));
      else if (!entry.isDirectory && /\.(json|safetensors|onnx)$/.test(entry.name)) found.push(path);
    }
  } catch (error) {
    if (!isAbsence(error)) throw error;
    throw new InputError(`Cannot use the model '${directory}' as it is no folder: check the path.`);
  }
  return found;
}
