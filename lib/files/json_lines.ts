/**
 * JSON lines: one object a line. A kill in the middle of an append leaves a last line without its end; it is dropped when
 * the file is read and cut off before the next line is appended.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { writeAll, writeAtomic } from "./atomic.ts";
import { exists, reading } from "./read.ts";

/** Writes the whole file anew. */
export async function writeJsonLines(path: string, records: readonly object[]): Promise<void> {
  await writeAtomic(path, linesOf(records));
}

/** Appends lines to a file, which is created if it is missing. */
export async function appendJsonLines(path: string, records: readonly object[]): Promise<void> {
  if (records.length === 0) return;
  using file = await Deno.open(path, { read: true, append: true, create: true });
  await healEnd(file);
  await writeAll(file, new TextEncoder().encode(linesOf(records)));
}

function linesOf(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/** Cuts off what follows the end of the last whole line. */
export async function healEnd(file: Deno.FsFile): Promise<void> {
  const { size } = await file.stat();
  let end = size;
  const chunk = new Uint8Array(4096);
  while (end > 0) {
    const start = Math.max(0, end - (end === size ? 1 : chunk.length)); // mostly the last byte ends a line
    await file.seek(start, Deno.SeekMode.Start);
    const read = await file.read(chunk.subarray(0, end - start)) ?? 0;
    const stop = chunk.lastIndexOf(LINE_END, read - 1);
    if (stop >= 0) {
      end = start + stop + 1;
      break;
    }
    end = start;
  }
  if (end < size) await file.truncate(end);
}

/**
 * Reads the objects of a file; none if it is missing.
 *
 * @param holds whether a line has the fields that are used. By default every object does.
 * @throws {InputError} where a whole line is damaged; names file and line.
 */
export async function readJsonLines<T>(
  path: string,
  holds: (record: Partial<T>) => boolean = () => true,
): Promise<T[]> {
  const records: T[] = [];
  let number = 0;
  for await (const { text, whole } of readLines(path)) {
    number++;
    if (!whole || text === "") continue;
    const record = text === undefined ? undefined : parsed(text);
    if (typeof record !== "object" || record === null || Array.isArray(record) || !holds(record as Partial<T>)) {
      throw new InputError(
        `Cannot read ${path}:${number} as it is no line of such a file: '${text?.slice(0, 80) ?? "..."}'. ` +
          "Remove this line.",
      );
    }
    records.push(record as T);
  }
  return records;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A line of a file. */
export interface Line {
  /** Without its end; undefined if it is not UTF-8 or longer than the limit. */
  text: string | undefined;
  /** The line's end is there too. */
  whole: boolean;
}

const LINE_END = 10;
const CHUNK = 1 << 20;

/**
 * The lines of a file, which is never held as a whole; none if it is missing.
 *
 * @param longest bytes of the longest line that is kept. Default 256 MiB.
 * @throws {InputError} where the file cannot be read.
 */
export async function* readLines(path: string, longest: number = 2 ** 28): AsyncGenerator<Line> {
  if (!await exists(path)) return;
  using file = await reading(path, () => Deno.open(path));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Uint8Array[] = []; // of the line that has not ended
  let length = 0;
  const line = (whole: boolean): Line => {
    const text = length > longest ? undefined : decoded(decoder, parts, length);
    [parts, length] = [[], 0];
    return { text, whole };
  };
  const add = (part: Uint8Array): void => {
    length += part.length;
    if (length <= longest) parts.push(part);
    else parts = [];
  };
  for (;;) {
    const chunk = new Uint8Array(CHUNK);
    const read = await reading(path, () => file.read(chunk));
    if (read === null) break;
    let start = 0;
    for (let stop = chunk.indexOf(LINE_END); stop >= 0 && stop < read; stop = chunk.indexOf(LINE_END, start)) {
      add(chunk.subarray(start, stop));
      yield line(true);
      start = stop + 1;
    }
    add(chunk.subarray(start, read));
  }
  if (length > 0) yield line(false);
}

function decoded(decoder: TextDecoder, parts: readonly Uint8Array[], length: number): string | undefined {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
