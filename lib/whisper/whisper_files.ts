/**
 * The folder of a Whisper: what must lie in it, and a key that tells one model from another.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists, reading } from "../files.ts";
import { DTYPE_SUFFIXES, type WhisperDtype, whisperFiles } from "../hub/models.ts";

/**
 * Checks that a folder has all files of a Whisper.
 *
 * @throws {InputError} where the dtype is unknown or files are missing; names them and the remedy.
 */
export async function checkWhisperFolder(folder: string, dtype: WhisperDtype = "fp32"): Promise<void> {
  if (!(dtype in DTYPE_SUFFIXES)) {
    throw new InputError(
      `Cannot load Whisper as 'dtype' must be one of ${Object.keys(DTYPE_SUFFIXES).join(", ")}: it is '${dtype}'.`,
    );
  }
  const missing: string[] = [];
  for (const file of whisperFiles(dtype)) if (!await exists(join(folder, file))) missing.push(file);
  if (missing.length === 0) return;
  const what = missing.length === whisperFiles(dtype).length
    ? "there is no such model folder"
    : `it lacks ${missing.join(", ")}`;
  throw new InputError(
    `Cannot load Whisper from '${folder}' as ${what}. Give a folder with ${whisperFiles(dtype).join(", ")}, ` +
      `or fetch a published model with \`deno task data model NAME\`.`,
  );
}

const WHOLE = 64 * 2 ** 20; // files up to here are hashed whole
const PIECE = 2 ** 16;

/**
 * A key of 16 hexadecimal digits that changes with the content of the model's files: results computed with one model are
 * not taken for those of another. Of files above 64 MiB, the size and 64 pieces spread over the file count.
 *
 * @throws {InputError} where a file is missing or cannot be read.
 */
export async function whisperKey(folder: string, dtype: WhisperDtype = "fp32"): Promise<string> {
  const parts: string[] = [dtype];
  for (const name of whisperFiles(dtype)) {
    const path = join(folder, name);
    const { size } = await reading(path, () => Deno.stat(path));
    const content = await reading(path, () => size <= WHOLE ? Deno.readFile(path) : pieces(path, size));
    parts.push(name, String(size), await sha256(content));
  }
  return (await sha256(new TextEncoder().encode(parts.join("\n")))).slice(0, 16);
}

/** The SHA-256 of bytes, in hexadecimal digits. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function pieces(path: string, size: number): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  const all = new Uint8Array(64 * PIECE);
  for (let i = 0; i < 64; i++) {
    await file.seek(Math.floor((size - PIECE) * i / 63), Deno.SeekMode.Start);
    await file.read(all.subarray(i * PIECE, (i + 1) * PIECE));
  }
  return all;
}
