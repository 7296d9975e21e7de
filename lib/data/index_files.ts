/**
 * Reading the index files of data sets: lines with their numbers, fields with their types, paths that stay inside.
 *
 * @module
 */
import { isAbsolute, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists, isAbsence } from "../files.ts";
import type { Oddity } from "./pair.ts";

/** A line of an index file, and where it stands for messages. */
export interface IndexLine {
  /** The line, without its end. */
  line: string;
  /** `file:number`. */
  where: string;
  /** The line's number, from 1 on. */
  number: number;
}

/** Bytes that are read at once. */
const CHUNK = 1 << 20;
/** Bytes of a line that no index file comes near: a narrative with its traces has less than a MB. */
const LONGEST = 64 * CHUNK;

/**
 * The text of an index file, without a byte order mark.
 *
 * @throws {InputError} where the file is missing, is a folder, is too large for one text (0.5 GB), or is UTF-16.
 */
export async function readIndex(file: string): Promise<string> {
  const size = await sizeOf(file);
  if (size > 500_000_000) {
    throw new InputError(`Cannot read '${file}' as it has ${size} bytes: expected at most 500,000,000. Part it.`);
  }
  const text = await reading(file, () => Deno.readTextFile(file));
  refuseZeros(text, file);
  return text.replace(/^\uFEFF/, "");
}

/**
 * The lines of a file that are not blank; both kinds of line ends count.
 *
 * @param onOddity hears of lines with bytes that are not UTF-8
 * @throws {InputError} as {@link readIndex} does.
 */
export async function indexLines(file: string, onOddity: (oddity: Oddity) => void = () => {}): Promise<IndexLine[]> {
  return (await readIndex(file)).split(/\r?\n/)
    .map((line, i) => ({ line, where: `${file}:${i + 1}`, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map((line) => tellForeign(line, onOddity));
}

/**
 * As {@link indexLines}, but reads on as it is asked, so that a file may be of any size.
 *
 * @throws {InputError} where the file is missing, is a folder or is UTF-16, or a line has more than 64 MiB.
 */
export async function* streamLines(
  file: string,
  onOddity: (oddity: Oddity) => void = () => {},
): AsyncGenerator<IndexLine> {
  await sizeOf(file);
  using source = await reading(file, () => Deno.open(file));
  const decoder = new TextDecoder("utf-8", { ignoreBOM: false });
  const chunk = new Uint8Array(CHUNK);
  let begun: Uint8Array[] = [], length = 0, number = 0;
  const finish = (end: Uint8Array): IndexLine => {
    const bytes = begun.length === 0 ? end : joined([...begun, end], length + end.length);
    begun = [];
    length = 0;
    number++;
    const line = decoder.decode(bytes).replace(/\r$/, "");
    refuseZeros(line, file);
    return tellForeign({ line, where: `${file}:${number}`, number }, onOddity);
  };
  for (;;) {
    const read = await reading(file, () => source.read(chunk));
    if (read === null) break;
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0 && end < read; end = chunk.indexOf(10, from)) {
      const line = finish(chunk.subarray(from, end));
      if (line.line.trim() !== "") yield line;
      from = end + 1;
    }
    if (from === read) continue;
    begun.push(chunk.slice(from, read));
    length += read - from;
    if (length > LONGEST) {
      throw new InputError(
        `Cannot read ${file}:${number + 1} as the line has more than ${LONGEST} bytes: expected an index file.`,
      );
    }
  }
  if (length === 0) return;
  const line = finish(new Uint8Array(0));
  if (line.line.trim() !== "") yield line;
}

/**
 * Opens or reads a file of a data set.
 *
 * @throws {InputError} where it is missing, is a folder, or may not be read.
 */
export async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAbsence(error)) {
      throw new InputError(`Cannot read '${file}' as there is no such file or folder: check the data set's folder.`);
    }
    if (error instanceof Deno.errors.IsADirectory) {
      throw new InputError(`Cannot read '${file}' as it is a folder: expected a file.`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new InputError(`Cannot read '${file}' as its owner does not let this user: change its mode.`);
    }
    throw error;
  }
}

/** The size of a plain file; devices and pipes may never end. */
async function sizeOf(file: string): Promise<number> {
  const { isFile, isDirectory, size } = await reading(file, () => Deno.stat(file));
  if (isFile) return size;
  throw new InputError(
    `Cannot read '${file}' as it is ${isDirectory ? "a folder" : "no plain file"}: expected a file.`,
  );
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function refuseZeros(text: string, file: string): void {
  if (!text.includes("\0")) return;
  throw new InputError(`Cannot read '${file}' as it must be text in UTF-8: it has zero bytes. Save it as UTF-8.`);
}

function tellForeign(line: IndexLine, onOddity: (oddity: Oddity) => void): IndexLine {
  if (line.line.includes("\uFFFD")) {
    const value = line.line.slice(0, 60);
    onOddity({ kind: "line that is not UTF-8, read with replacement signs", where: line.where, value });
  }
  return line;
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
