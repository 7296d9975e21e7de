/**
 * A short name for a model's files, by which a checkpoint knows the frozen model that it was trained on.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { isAbsence } from "../files.ts";

const PIECES = 64;
const PIECE_BYTES = 4096;

/**
 * 16 hexadecimal digits from a folder's `.json`, `.safetensors` and `.onnx` files: their names, lengths and 64 evenly
 * spread pieces of 4 KiB each, so that a model of gigabytes takes no longer than a small one.
 *
 * @throws {InputError} where the folder is missing or has no such file.
 */
export async function fingerprint(directory: string): Promise<string> {
  const paths = (await modelFiles(directory)).sort();
  if (paths.length === 0) {
    throw new InputError(`Cannot use the model '${directory}' as it has no config.json: expected a model's folder.`);
  }
  const parts: Uint8Array[] = [];
  for (const path of paths) {
    using file = await Deno.open(join(directory, path));
    const { size } = await file.stat();
    parts.push(new TextEncoder().encode(`${path}:${size}\n`));
    const step = Math.max(PIECE_BYTES, Math.floor(size / PIECES));
    for (let start = 0; start < size; start += step) {
      await file.seek(start, Deno.SeekMode.Start);
      const piece = new Uint8Array(PIECE_BYTES);
      parts.push(piece.subarray(0, await file.read(piece) ?? 0));
    }
  }
  const whole = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
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
