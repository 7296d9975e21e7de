/** Reads index files: lines with their numbers, fields of the right type, paths inside the data set's folder. */
import { isAbsolute, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { readByteLines } from "../files/json_lines.ts";
import { exists, isAbsence, reading as readingFile } from "../files/read.ts";
import type { Oddity } from "./pair.ts";

interface IndexLine {
  line: string;
  /** `file:number`, for messages. */
  where: string;
  /** The line's number, from 1. */
  number: number;
}

/** Maximum length of a line in bytes. A narrative with its traces has less than 1 MB. */
const LONGEST = 64 * 2 ** 20;

/** A larger index file could take more than 1 GB of memory. SpokenCOCO's has 200 MB. */
const MAX_BYTES = 250_000_000;
/** Bytes that are read at once. */
const PIECE = 1 << 16;
/** Lines of a file that is held in memory. */
const MAX_LINES = 2_000_000;

/**
 * Checks the size of an index file that is not read piece by piece.
 *
 * @throws {InputError} if it is missing, is a folder, or has more than 250 MB.
 */
export async function checkIndexSize(file: string): Promise<void> {
  const size = await sizeOf(file);
  if (size <= MAX_BYTES) return;
  throw new InputError(
    `Cannot read '${file}' as it has ${size} bytes: expected at most ${MAX_BYTES}. Split it, or remove what is not needed.`,
  );
}

/**
 * Reads the text of an index file in pieces, without a byte order mark and with Unix line ends.
 *
 * @throws {InputError} if it is missing, is a folder or UTF-16, or has more than 250 MB.
 */
export async function* unixText(file: string): AsyncGenerator<string> {
  await checkIndexSize(file);
  using opened = await reading(file, () => Deno.open(file));
  const decoder = new TextDecoder(), bytes = new Uint8Array(PIECE);
  let held = ""; // of a line end that the next piece may complete
  for (let read: number | null = 0; read !== null;) {
    read = await reading(file, () => opened.read(bytes));
    const text = held + decoder.decode(bytes.subarray(0, read ?? 0), { stream: read !== null });
    refuseZeros(text, file);
    held = text.endsWith("\r") ? "\r" : "";
    yield text.slice(0, text.length - held.length).replace(/\r\n?/g, "\n");
  }
  if (held !== "") yield "\n";
}

/**
 * Reads the lines of a small file that are not blank, with Unix or Windows line ends.
 *
 * @param onOddity called for lines that are not UTF-8
 * @throws {InputError} as {@link unixText} does, and if it has more than 2 million lines.
 */
export async function indexLines(file: string, onOddity: (oddity: Oddity) => void = () => {}): Promise<IndexLine[]> {
  await checkIndexSize(file);
  const lines: IndexLine[] = [];
  for await (const line of streamLines(file, onOddity)) {
    if (lines.push(line) > MAX_LINES) {
      throw new InputError(`Cannot read ${line.where} as the file has more than ${MAX_LINES} lines: split it.`);
    }
  }
  return lines;
}

/**
 * Reads lines as {@link indexLines} does, one by one, from a file of any size.
 *
 * @throws {InputError} if the file is missing, is a folder or is UTF-16, or a line has more than 64 MiB.
 */
export async function* streamLines(
  file: string,
  onOddity: (oddity: Oddity) => void = () => {},
): AsyncGenerator<IndexLine> {
  await sizeOf(file);
  const decoder = new TextDecoder();
  let number = 0;
  for await (const { bytes } of readByteLines(file, LONGEST)) {
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
 * Parses a line of JSON.
 *
 * @param expected describes the object, for the message
 * @throws {InputError} if it is not a JSON object.
 */
export function parseObject(line: string, where: string, expected: string): Record<string, unknown> {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch (error) {
    throw new InputError(`Cannot read ${where} as it is not JSON: ${messageOf(error)}.`);
  }
  if (typeof entry === "object" && entry !== null && !Array.isArray(entry)) return entry as Record<string, unknown>;
  throw new InputError(`Cannot read ${where} as a line must be a JSON object, ${expected}.`);
}

/**
 * Opens or reads a file of a data set.
 *
 * @throws {InputError} if it is missing, is a folder, or is not readable.
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
 * The sorted names of the files, or of the folders, in a folder. Links are followed.
 *
 * @throws {InputError} if the folder is missing or is not readable.
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
 * Reads a field that must be a text and not blank.
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
 * Reads a field that must be a text or a number, as a text.
 *
 * @throws {InputError} if it is neither.
 */
export function nameField(entry: unknown, field: string, where: string): string {
  const value = fieldOf(entry, field);
  return typeof value === "number" && Number.isFinite(value) ? String(value) : textField(entry, field, where);
}

/** Reads a field that must be a list, or throws an `InputError`. */
export function listField(entry: unknown, field: string, where: string): unknown[] {
  const value = fieldOf(entry, field);
  if (!Array.isArray(value)) {
    throw new InputError(`Cannot read ${where} as '${field}' must be a list: it is ${shown(value)}.`);
  }
  return value;
}

/**
 * Reads a text that may be missing in published files.
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
 * Finds the folder of images or recordings: the first folder that has one of the names in it, otherwise the root.
 *
 * @param folders subfolders of the root, in the order of preference
 */
export async function folderWith(root: string, folders: readonly string[], names: readonly string[]): Promise<string> {
  for (const folder of ["", ...folders]) {
    for (const name of names) if (await exists(join(root, folder, name))) return join(root, folder);
  }
  return root;
}

/** A data set's title in messages, and its name in `data get`. */
interface SetName {
  title: string;
  name: string;
}

/**
 * Finds the first of several files or folders that exists below a root.
 *
 * @throws {InputError} if none exists. Names them all.
 */
export async function firstOf(root: string, names: readonly string[], set: SetName): Promise<string> {
  for (const name of names) {
    const path = join(root, name);
    if (await exists(path)) return path;
  }
  throw absent(root, names.map((name) => `'${name}'`).join(" or "), set);
}

/** The error for a missing part of a data set. */
export function absent(root: string, what: string, { title, name }: SetName): InputError {
  return new InputError(
    `Cannot load ${title} from '${root}' as it has no ${what}: check the folder; 'deno task data get ${name}' lists what ` +
      `to fetch.`,
  );
}

/**
 * Checks that a list has entries, and returns it.
 *
 * @throws {InputError} if it is empty.
 */
export function notEmpty<T>(entries: T[], what: string, root: string): T[] {
  if (entries.length > 0) return entries;
  throw new InputError(`Cannot load ${what} from '${root}' as its index files list 0 recordings: expected at least 1.`);
}

/**
 * Makes a name unique by appending `#2`, `#3`, ... if an earlier entry has it.
 *
 * @param taken how often each name occurred so far; is updated
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

function refuseZeros(text: string, file: string): void {
  if (!text.includes("\0")) return;
  throw new InputError(`Cannot read '${file}' as it must be text in UTF-8: it has zero bytes. Save it as UTF-8.`);
}

function reportForeign(line: IndexLine, onOddity: (oddity: Oddity) => void): IndexLine {
  if (line.line.includes("\uFFFD")) {
    const value = line.line.slice(0, 60);
    onOddity({ kind: "line that is not UTF-8, read with replacement characters", where: line.where, value });
  }
  return line;
}

function fieldOf(entry: unknown, field: string): unknown {
  return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)[field] : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value)?.slice(0, 60) ?? String(value);
}
