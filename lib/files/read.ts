/**
 * Reading files, with errors that name the path and the remedy.
 *
 * @module
 */
import { InputError, messageOf } from "../errors.ts";

/** Whether there is a file or a folder at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/**
 * Whether an error of the file system says that nothing can be at a path: there is nothing, links lead in a circle, or the
 * path is too long or has a zero byte, as one of a damaged list may.
 */
export function isAbsence(error: unknown): boolean {
  const { NotFound, NotADirectory, FilesystemLoop } = Deno.errors;
  if (error instanceof NotFound || error instanceof NotADirectory || error instanceof FilesystemLoop) return true;
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return code === "ENAMETOOLONG" || (code === "EINVAL" && error instanceof TypeError);
}

/**
 * Opens or reads a file.
 *
 * @throws {InputError} where it is missing, is a folder, or may not be read; names the path.
 */
export async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAbsence(error)) throw new InputError(`Cannot read '${path}' as it does not exist: check the path.`);
    if (error instanceof Deno.errors.IsADirectory) {
      throw new InputError(`Cannot read '${path}' as it is a folder: expected a file.`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new InputError(`Cannot read '${path}' as its owner does not let this user: change its mode.`);
    }
    throw error;
  }
}

/** Bytes of a JSON file that still make one text. */
const JSON_LIMIT = 500_000_000;

/**
 * Reads and parses a JSON file; a byte order mark is accepted.
 *
 * @throws {InputError} where the file is missing, is a folder, is too large (0.5 GB) or is not JSON; names the path.
 */
export async function readJson(path: string): Promise<unknown> {
  const { size } = await reading(path, () => Deno.stat(path));
  if (size > JSON_LIMIT) {
    throw new InputError(`Cannot read '${path}' as it has ${size} bytes: expected JSON of at most ${JSON_LIMIT}.`);
  }
  const text = await reading(path, () => Deno.readTextFile(path));
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new InputError(`Cannot read '${path}' as it is not JSON: ${messageOf(error)}.`);
  }
}
