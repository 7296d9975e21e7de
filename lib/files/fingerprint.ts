/**
 * Short names of models: 16 hexadecimal digits that change with the content of a model's files.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { sha256 } from "./checksum.ts";
import { isAbsence, reading } from "./read.ts";

const DIGITS = 16;
const PIECES = 64;

/**
 * The fingerprint of the `.json`, `.safetensors` and `.onnx` files of a folder and of its folders, by which a checkpoint
 * knows the frozen model that it was trained on: their names, lengths and 64 evenly spread pieces of 4 KiB each.
 *
 * @throws {InputError} where the folder is missing or has no such file.
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

/** Files up to this size are read whole. */
const WHOLE = 64 * 2 ** 20;

/**
 * The key of some files of a model, by which the results of one model are not taken for those of another. Of a file above
 * 64 MiB its size and 64 pieces of 64 KiB count.
 *
 * @param label what else tells the models apart, such as the type of the weights.
 * @throws {InputError} where a file is missing or cannot be read.
 */
export async function filesKey(folder: string, names: readonly string[], label: string): Promise<string> {
  const parts = [label];
  for (const name of names) {
    const path = join(folder, name);
    const { size } = await reading(path, () => Deno.stat(path));
    const starts = Array.from({ length: PIECES }, (_, i) => Math.floor((size - 2 ** 16) * i / (PIECES - 1)));
    const content = await reading(
      path,
      async () =>
        size <= WHOLE
          ? await Deno.readFile(path)
          : await new Blob(await readPieces(path, starts, 2 ** 16)).arrayBuffer(),
    );
    parts.push(name, String(size), await sha256(content));
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
