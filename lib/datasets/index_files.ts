/**
 * Reading the index files of data sets: lines with their numbers, fields with their types, paths that stay inside.
 *
 * @module
 */
import { isAbsolute, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files.ts";

/** A line of an index file, and where it stands for messages. */
export interface IndexLine {
  /** The line, without its end. */
  line: string;
  /** `file:number`. */
  where: string;
  /** The line's number, from 1 on. */
  number: number;
}

/**
 * The text of an index file, without a byte order mark.
 *
 * @throws {InputError} where the file is missing, is a folder, or is UTF-16.
 */
export async function readIndex(file: string): Promise<string> {
  const text = await reading(file, () => Deno.readTextFile(file));
  if (text.includes("\0")) {
    throw new InputError(`Cannot read '${file}' as it must be text in UTF-8: it has zero bytes. Save it as UTF-8.`);
  }
  return text.replace(/^\uFEFF/, "");
}

/**
 * The lines of a file that are not blank; both kinds of line ends count.
 *
 * @throws {InputError} as {@link readIndex} does.
 */
export async function indexLines(file: string): Promise<IndexLine[]> {
  return (await readIndex(file)).split(/\r?\n/)
    .map((line, i) => ({ line, where: `${file}:${i + 1}`, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "");
}

/**
 * Opens or reads a file of a data set.
 *
 * @throws {InputError} where it is missing or is a folder.
 */
export async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new InputError(`Cannot read '${file}' as there is no such file: check the data set's folder.`);
    }
    if (error instanceof Deno.errors.IsADirectory) {
      throw new InputError(`Cannot read '${file}' as it is a folder: expected a file.`);
    }
    throw error;
  }
}

/**
 * Joins a path of an index file to its folder.
 *
 * @throws {InputError} where the path is absolute or leaves the folder.
 */
export function insidePath(folder: string, path: string, where: string): string {
  const parts = path.split(/[\\/]/);
  if (
    isAbsolute(path) || path.startsWith("\\") || /^[a-z]:/i.test(path) || parts.includes("..") || path.includes("\0")
  ) {
    throw new InputError(
      `Cannot use the path '${path}' (${where}) as it leaves the data set's folder: expected one relative to '${folder}', ` +
        `inside of it.`,
    );
  }
  return join(folder, path);
}

/**
 * A field that must be a text with something in it.
 *
 * @throws {InputError} where it is not.
 */
export function textField(entry: unknown, field: string, where: string): string {
  const value = fieldOf(entry, field);
  if (typeof value !== "string" || value.trim() === "") {
    throw new InputError(`Cannot read ${where} as '${field}' must be a text: it is ${shown(value)}.`);
  }
  return value.trim();
}

/**
 * A field that must be a text or a number; numbers become texts.
 *
 * @throws {InputError} where it is neither.
 */
export function nameField(entry: unknown, field: string, where: string): string {
  const value = fieldOf(entry, field);
  return typeof value === "number" && Number.isFinite(value) ? String(value) : textField(entry, field, where);
}

/**
 * A field that must be a list.
 *
 * @throws {InputError} where it is not.
 */
export function listField(entry: unknown, field: string, where: string): unknown[] {
  const value = fieldOf(entry, field);
  if (!Array.isArray(value)) {
    throw new InputError(`Cannot read ${where} as '${field}' must be a list: it is ${shown(value)}.`);
  }
  return value;
}

/**
 * The first of several folders that exists below a root.
 *
 * @throws {InputError} where none does; names them all.
 */
export async function firstFolder(root: string, names: readonly string[], what: string): Promise<string> {
  for (const name of names) {
    const path = join(root, name);
    if (await exists(path)) return path;
  }
  throw new InputError(
    `Cannot load ${what} from '${root}' as it has no ${
      names.map((name) => `'${name}'`).join(" or ")
    }: check the folder.`,
  );
}

/**
 * Passes a list on that has entries.
 *
 * @throws {InputError} where it is empty.
 */
export function notEmpty<T>(entries: T[], what: string, root: string): T[] {
  if (entries.length === 0) {
    throw new InputError(
      `Cannot load ${what} from '${root}' as its index files list 0 recordings: expected at least 1.`,
    );
  }
  return entries;
}

/**
 * A name that no earlier entry has: the name itself, else with `#2`, `#3`, ... after it.
 *
 * @param taken how often each name was seen; counted on
 */
export function uniqueName(name: string, taken: Map<string, number>): string {
  const times = (taken.get(name) ?? 0) + 1;
  taken.set(name, times);
  return times === 1 ? name : `${name}#${times}`;
}

function fieldOf(entry: unknown, field: string): unknown {
  return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)[field] : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value)?.slice(0, 60) ?? String(value);
}
