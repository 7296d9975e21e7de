/**
 * The folder of a Whisper: its required files, and a key that identifies the model.
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { filesKey, formerFilesKey } from "../files/fingerprint.ts";
import { exists } from "../files/read.ts";
import { DTYPE_SUFFIXES, type WhisperDtype, whisperFiles } from "../hub/models.ts";

/**
 * Checks that a folder has all files of a Whisper.
 *
 * @throws {InputError} if the dtype is unknown or files are missing; names them and the remedy.
 */
export async function checkWhisperFolder(folder: string, dtype: WhisperDtype = "fp32"): Promise<void> {
  if (!(dtype in DTYPE_SUFFIXES)) {
    throw new InputError(
      `Cannot load Whisper as 'dtype' must be one of ${Object.keys(DTYPE_SUFFIXES).join(", ")}: it is '${dtype}'.`,
    );
  }
  const files = whisperFiles(dtype);
  const missing: string[] = [];
  for (const file of files) if (!await exists(join(folder, file))) missing.push(file);
  if (missing.length === 0) return;
  const what = missing.length === files.length ? "there is no such model folder" : `it lacks ${missing.join(", ")}`;
  throw new InputError(
    `Cannot load Whisper from '${folder}' as ${what}. Give a folder with ${files.join(", ")}, ` +
      `or fetch a published model with \`deno task data model NAME\`.`,
  );
}

/**
 * Computes a key of 16 hexadecimal digits from the content of the model's files, external data included, so that two models
 * never share results.
 *
 * @param hashes a JSON file that stores the hashes of files for later processes. Default: this process remembers them.
 * @throws {InputError} if a file is missing or cannot be read.
 */
export async function whisperKey(folder: string, dtype: WhisperDtype = "fp32", hashes?: string): Promise<string> {
  return await filesKey(folder, [...whisperFiles(dtype), ...await externalData(folder, dtype)], dtype, hashes);
}

/** The key of earlier versions, which checkpoints have: it skips external data and hashes only parts of large files. */
export async function formerWhisperKey(folder: string, dtype: WhisperDtype = "fp32"): Promise<string> {
  return await formerFilesKey(folder, whisperFiles(dtype), dtype);
}

/**
 * Files with external weights of the ONNX graphs, such as `encoder_model.onnx_data`. Graphs may give them any name, so all
 * files of the folder count except those of other graphs.
 */
async function externalData(folder: string, dtype: WhisperDtype): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, "onnx"))) if (!isDirectory) names.push(name);
  const own = whisperFiles(dtype).map((file) => file.replace("onnx/", ""));
  const graphs = names.filter((name) => name.endsWith(".onnx"));
  const ownerOf = (name: string) => graphs.find((graph) => name.startsWith(graph));
  return names.filter((name) => !name.endsWith(".onnx") && own.includes(ownerOf(name) ?? own.at(-1)!))
    .sort().map((name) => `onnx/${name}`);
}
