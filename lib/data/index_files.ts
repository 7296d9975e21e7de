/**
 * Reads the index files of data sets: lines with their numbers, fields with their types, paths that stay inside.
 *
 * @module
 */
import { isAbsolute, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists, isAbsence, reading as readingFile } from "../files/read.ts";
import type { Oddity } from "./pair.ts";

/** A line of an index file, and its place for messages. */
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
/** The longest line that is read, in bytes. A narrative with its traces has less than 1 MB. */
const LONGEST = 64 * CHUNK;

/**
 * Reads an index file as one text, without a byte order mark.
 *
 * @throws {InputError} if the file is missing, is a folder, is too large for one text (0.5 GB), or is UTF-16.
 */
export async function readIndex(file: string): Promise<string> {
  const size = await sizeOf(file);
  if (size > 500_000_000) {
    throw new InputError(`Cannot read '${file}' as it has ${size} bytes: expected at most 500,000,000. Split it.`);
  }
  const text = await reading(file, () => Deno.readTextFile(file));
  refuseZeros(text, file);
  return text.replace(/^\uFEFF/, "");
}

/**
 * Reads the lines of a small file that are not blank; both kinds of line ends count.
 *
 * @param onOddity takes lines with bytes that are not UTF-8
 * @throws {InputError} as {@link readIndex} does.
 */
export async function indexLines(file: string, onOddity: (oddity: Oddity) => void = () => {}): Promise<IndexLine[]> {
  return (await readIndex(file)).split(/\r?\n/)
    .map((line, i) => ({ line, where: `${file}:${i + 1}`, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map((line) => reportForeign(line, onOddity));
}

/**
 * Reads lines as {@link indexLines} does, one after the other, so that a file may have any size.
 *
 * @throws {InputError} if the file is missing, is a folder or is UTF-16, or a line has more than 64 MiB.
 */
export async function* streamLines(
  file: string,
  onOddity: (oddity: Oddity) => void = () => {},
): AsyncGenerator<IndexLine> {
  await sizeOf(file);
  using source = await reading(file, () => Deno.open(file));
  const decoder = new TextDecoder("utf-8", { ignoreBOM: false });
  let number = 0;
  for await (const { bytes } of byteLines(source, LONGEST, (read) => reading(file, read))) {
    const where = `${file}:${++number}`;
    if (bytes === undefined) {
      throw new InputError(`Cannot read ${where} as the line has more than ${LONGEST} bytes: expected an index file.`);
    }
    const line = decoder.decode(bytes).replace(/\r$/, "");
    refuseZeros(line, file);
    if (line.trim() !== "") yield reportForeign({ line, where, number }, onOddity);
  }
}

/**
 * Cuts a file into lines of bytes.
 *
 * @param longest of a longer line no bytes are given
 * @returns the bytes of each line, valid until the next one is asked for, and whether the line has an end
 */
export async function* byteLines(
  source: Deno.FsFile,
  longest: number,
  guard: <T>(read: () => Promise<T>) => Promise<T> = (read) => read(),
): AsyncGenerator<{ bytes: Uint8Array | undefined; finished: boolean }> {
  const chunk = new Uint8Array(CHUNK);
  let begun: Uint8Array[] = [], length = 0;
  const take = (end: Uint8Array): Uint8Array | undefined => {
    length += end.length;
    const bytes = length > longest ? undefined : begun.length === 0 ? end : concatenate([...begun, end], length);
    [begun, length] = [[], 0];
    return bytes;
  };
  for (let read = await guard(() => source.read(chunk)); read !== null; read = await guard(() => source.read(chunk))) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0 && end < read; end = chunk.indexOf(10, from)) {
      yield { bytes: take(chunk.subarray(from, end)), finished: true };
      from = end + 1;
    }
    length += read - from;
    if (length > longest) begun = []; // its beginning is not kept
    else if (from < read) begun.push(chunk.slice(from, read));
  }
  if (length > 0) yield { bytes: take(new Uint8Array(0)), finished: false };
}

/**
 * Opens or reads a file of a data set.
 *
 * @throws {InputError} if it is missing, is a folder, or may not be read.
 */
export function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  return readingFile(file, async () => {
    try {
      return await read();
    } catch (error) {
      if (!isAbsence(error)) throw error;
      throw new InputError(`Cannot read '${file}' as there is no such file or folder: check the data set's folder.`);
    }
  });
}

/**
 * The names of the files, or of the folders, in a folder, in alphabetical order; links count as what they lead to.
 *
 * @throws {InputError} if the folder is missing or may not be read.
 */
export async function namesIn(folder: string, kind: "files" | "folders" = "files"): Promise<string[]> {
  const names: string[] = [];
  await reading(folder, async () => {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
      const leads = isSymlink ? await Deno.stat(join(folder, name)).catch(() => undefined) : { isDirectory };
      if ((leads?.isDirectory ?? false) === (kind === "folders")) names.push(name);
    }
  });
  return names.sort();
}

/**
 * Joins a path of an index file to its folder.
 *
 * @throws {InputError} if the path is absolute or leaves the folder.
 */
export function insidePath(folder: string, path: string, where: string): string {
  const parts = path.split(/[\\/]/);
  if (
    isAbsolute(path) || path.startsWith("\\") || /^[a-z]:/i.test(path) || parts.includes("..") || path.includes("\0")
  ) {
    throw new InputError(
      `Cannot use the path '${path.slice(0, 200)}' (${where}) as it leaves the data set's folder: ` +
        `expected one relative to '${folder}', inside of it.`,
    );
  }
  return join(folder, path);
}

/**
 * Reads a field that must be a text with something in it.
 *
 * @throws {InputError} if it is not.
 */
export function textField(entry: unknown, field: string, where: string): string {
  const value = fieldOf(entry, field);
  if (typeof value !== "string" || value.trim() === "") {
    throw new InputError(`Cannot read ${where} as '${field}' must be a text: it is ${shown(value)}.`);
  }
  return value.trim();
}

/**
 * Reads a field that must be a text or a number; numbers become texts.
 *
 * @throws {InputError} if it is neither.
 */
export function nameField(entry: unknown, field: string, where: string): string {
  const value = fieldOf(entry, field);
  return typeof value === "number" && Number.isFinite(value) ? String(value) : textField(entry, field, where);
}

/**
 * Reads a field that must be a list.
 *
 * @throws {InputError} if it is not.
 */
export function listField(entry: unknown, field: string, where: string): unknown[] {
  const value = fieldOf(entry, field);
  if (!Array.isArray(value)) {
    throw new InputError(`Cannot read ${where} as '${field}' must be a list: it is ${shown(value)}.`);
  }
  return value;
}

/**
 * Reads a text that published files may lack.
 *
 * @param odd how a missing text is reported
 * @returns the text, or undefined if it is missing, null or blank
 * @throws {InputError} if the field is neither a text nor missing.
 */
export function textOrOddity(
  entry: unknown,
  field: string,
  where: string,
  odd: { kind: string; onOddity: (oddity: Oddity) => void },
): string | undefined {
  const value = fieldOf(entry, field);
  if (value !== undefined && value !== null && !(typeof value === "string" && value.trim() === "")) {
    return textField(entry, field, where);
  }
  odd.onOddity({ kind: odd.kind, where, value: field });
  return undefined;
}

/**
 * Finds the folder of images or recordings: the first one that holds one of the names, else the root.
 *
 * @param places folders below the root, in the order of preference
 */
export async function folderWith(root: string, places: readonly string[], names: readonly string[]): Promise<string> {
  for (const place of ["", ...places]) {
    for (const name of names) if (await exists(join(root, place, name))) return join(root, place);
  }
  return root;
}

/** A data set as messages call it, and the name that `data get` knows. */
export interface SetName {
  /** Such as `Flickr8k`. */
  title: string;
  /** Such as `flickr8k`. */
  name: string;
}

/**
 * Finds the first of several files or folders that exists below a root.
 *
 * @throws {InputError} if none does; names them all.
 */
export async function firstOf(root: string, names: readonly string[], set: SetName): Promise<string> {
  for (const name of names) {
    const path = join(root, name);
    if (await exists(path)) return path;
  }
  throw absent(root, names.map((name) => `'${name}'`).join(" or "), set);
}

/** The error for a part of a data set that is not in its folder. */
export function absent(root: string, what: string, { title, name }: SetName): InputError {
  return new InputError(
    `Cannot load ${title} from '${root}' as it has no ${what}: check the folder; 'deno task data get ${name}' lists what ` +
      `to fetch.`,
  );
}

/**
 * Passes a list on that has entries.
 *
 * @throws {InputError} if it is empty.
 */
export function notEmpty<T>(entries: T[], what: string, root: string): T[] {
  if (entries.length > 0) return entries;
  throw new InputError(`Cannot load ${what} from '${root}' as its index files list 0 recordings: expected at least 1.`);
}

/**
 * Makes a name that no earlier entry has: the name itself, else with `#2`, `#3`, ... after it.
 *
 * @param taken how often each name occurred so far; counted on
 */
export function uniqueName(name: string, taken: Map<string, number>): string {
  let times = taken.get(name) ?? 0;
  let unique = name;
  do unique = ++times === 1 ? name : `${name}#${times}`; while (unique !== name && taken.has(unique));
  taken.set(name, times);
  if (unique !== name) taken.set(unique, 1);
  return unique;
}

/** The size of a plain file; devices and pipes may never end. */
async function sizeOf(file: string): Promise<number> {
  const { isFile, isDirectory, size } = await reading(file, () => Deno.stat(file));
  if (isFile) return size;
  const kind = isDirectory ? "a folder" : "no plain file";
  throw new InputError(`Cannot read '${file}' as it is ${kind}: expected a file.`);
}

function concatenate(parts: Uint8Array[], length: number): Uint8Array {
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

function reportForeign(line: IndexLine, onOddity: (oddity: Oddity) => void): IndexLine {
  if (line.line.includes("\uFFFD")) {
    const value = line.line.slice(0, 60);
    onOddity({ kind: "line that is not UTF-8, read with replacement signs", where: line.where, value });
  }
  return line;
}

function fieldOf(entry: unknown, field: string): unknown {
  return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)[field] : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value)?.slice(0, 60) ?? String(value);
}
