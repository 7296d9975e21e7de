/**
 * Reads files, with errors that name the path and the remedy.
 */
import { InputError, messageOf } from "../errors.ts";
import { systemFault } from "./system_error.ts";

/** Whether a file or folder exists. */
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
 * Whether an error says that nothing is at a path. The path may also be a cycle of links, too long, or have a zero byte, as
 * in a damaged list.
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
 * @throws {InputError} if it is missing, is a folder, a pipe, a device or a socket, or is not readable. Names the path.
 */
export async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    const found = await Deno.stat(path).catch(() => undefined);
    if (found !== undefined && !found.isFile && !found.isDirectory) { // opening a pipe would wait for its writer
      throw new InputError(
        `Cannot read '${path}' as it is no file but a pipe, a device or a socket: expected a file.`,
      );
    }
    return await read();
  } catch (error) {
    if (isAbsence(error)) throw new InputError(`Cannot read '${path}' as it does not exist: check the path.`);
    if (error instanceof Deno.errors.IsADirectory) {
      throw new InputError(`Cannot read '${path}' as it is a folder: expected a file.`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new InputError(`Cannot read '${path}' as its owner does not let this user: change its mode.`);
    }
    const fault = systemFault(error);
    if (fault !== undefined) throw new InputError(`Cannot read '${path}' as ${fault.fact}: ${fault.remedy}.`);
    throw error;
  }
}

/** Parsed, JSON may take 15 times its size. */
const JSON_LIMIT = 64_000_000;

/**
 * Reads and parses a JSON file, with or without a byte order mark.
 *
 * @throws {InputError} if the file is missing, is a folder, is too large (64 MB) or is not JSON. Names the path.
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

/** One array of all parts. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
