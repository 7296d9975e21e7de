/**
 * Whole files, written so that a reader sees the old one or the new one, never a part.
 *
 * @module
 */
import { dirname } from "@std/path";
import { InputError, messageOf } from "./errors.ts";

/**
 * Writes a file under a temporary name beside its place, then renames it. Missing folders are made.
 *
 * @throws {Deno.errors.PermissionDenied} where the folder may not be written.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    if (typeof content === "string") await Deno.writeTextFile(temporary, content);
    else await Deno.writeFile(temporary, content);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Whether something stands at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/**
 * Reads and parses a JSON file; a byte order mark is accepted.
 *
 * @throws {InputError} where the file is missing or is not JSON; names the path.
 */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new InputError(`Cannot read '${path}' as it does not exist: check the path.`);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new InputError(`Cannot read '${path}' as it is not JSON: ${messageOf(error)}.`);
  }
}
