/**
 * Reading the index files of data sets: fields with their types, paths that stay inside, folders that go by several names.
 *
 * @module
 */
import { isAbsolute, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files.ts";
import type { Oddity } from "./oddities.ts";

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
      `Cannot use the path '${
        path.slice(0, 200)
      }' (${where}) as it leaves the data set's folder: expected one relative to '${folder}', ` +
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
 * A text that published files may lack: what has none is told and is to be left out.
 *
 * @param kind the oddity's words
 * @returns the text, or undefined where it is missing, null or blank
 * @throws {InputError} where the field is neither a text nor missing.
 */
export function textOrOddity(
  entry: unknown,
  field: string,
  where: string,
  { kind, onOddity }: { kind: string; onOddity: (oddity: Oddity) => void },
): string | undefined {
  const value = fieldOf(entry, field);
  if (value !== undefined && value !== null && !(typeof value === "string" && value.trim() === "")) {
    return textField(entry, field, where);
  }
  onOddity({ kind, where, value: field });
  return undefined;
}

/**
 * The folder that pictures or recordings are looked for in: the first one that holds one of the names, else the root.
 *
 * @param places folders below the root, in the order of preference
 */
export async function folderWith(root: string, places: readonly string[], names: readonly string[]): Promise<string> {
  for (const place of ["", ...places]) {
    for (const name of names) if (await exists(join(root, place, name))) return join(root, place);
  }
  return root;
}

/**
 * The first of several files or folders that exists below a root.
 *
 * @param set the data set, as messages call it, and the name by which `data get` knows it
 * @throws {InputError} where none does; names them all.
 */
export async function firstOf(
  root: string,
  names: readonly string[],
  set: { title: string; name: string },
): Promise<string> {
  for (const name of names) {
    const path = join(root, name);
    if (await exists(path)) return path;
  }
  throw absent(root, names.map((name) => `'${name}'`).join(" or "), set);
}

/** The error for a part of a data set that is not in its folder. */
export function absent(root: string, what: string, { title, name }: { title: string; name: string }): InputError {
  return new InputError(
    `Cannot load ${title} from '${root}' as it has no ${what}: check the folder; 'deno task data get ${name}' tells what to ` +
      `fetch.`,
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
  let times = taken.get(name) ?? 0;
  let unique = name;
  do unique = ++times === 1 ? name : `${name}#${times}`; while (unique !== name && taken.has(unique));
  taken.set(name, times);
  if (unique !== name) taken.set(unique, 1);
  return unique;
}

function fieldOf(entry: unknown, field: string): unknown {
  return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)[field] : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value)?.slice(0, 60) ?? String(value);
}
