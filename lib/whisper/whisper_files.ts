/**
 * The folder of a Whisper: what must lie in it, and a key that tells one model from another.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { filesKey } from "../files/fingerprint.ts";
import { exists } from "../files/read.ts";
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

/**
 * A key of 16 hexadecimal digits that changes with the content of the model's files ({@link filesKey}).
 *
 * @throws {InputError} where a file is missing or cannot be read.
 */
export function whisperKey(folder: string, dtype: WhisperDtype = "fp32"): Promise<string> {
  return filesKey(folder, whisperFiles(dtype), dtype);
}
