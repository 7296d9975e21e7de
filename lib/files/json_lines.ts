/**
 * JSON lines: one object per line. A process that is killed while it appends leaves an unfinished last line. Readers skip
 * it, and the next append cuts it off.
 */
import { dirname } from "@std/path";
import { InputError } from "../errors.ts";
import { makeFolder, writeAll, writeAtomic } from "./atomic.ts";
import { checkPlace } from "./place.ts";
import { exists, joinBytes, reading } from "./read.ts";
import { writing } from "./system_error.ts";

/** Writes a file, or replaces it. */
export async function writeJsonLines(path: string, records: readonly object[]): Promise<void> {
  await writeAtomic(path, linesOf(records));
}

/** Appends lines to a file, which is created if it is missing. */
export async function appendJsonLines(path: string, records: readonly object[]): Promise<void> {
  if (records.length === 0) return;
  using file = await openAppended(path);
  await writing(path, () => writeAll(file, new TextEncoder().encode(linesOf(records))));
}

/**
 * Opens a file of lines to append to it, and cuts off an unfinished last line. Creates it if it is missing.
 *
 * @throws {InputError} if it is no file, or the system refuses it.
 */
export async function openAppended(path: string): Promise<Deno.FsFile> {
  await checkPlace(path);
  if (await exists(path) && !(await Deno.stat(path)).isFile) {
    throw new InputError(`Cannot write '${path}' as it is no file: remove it.`);
  }
  return await writing(path, async () => {
    await makeFolder(dirname(path));
    const file = await Deno.open(path, { read: true, append: true, create: true });
    try {
      await healEnd(file);
    } catch (error) {
      file.close();
      throw error;
    }
    return file;
  });
}

function linesOf(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/** Cuts off an unfinished last line. */
async function healEnd(file: Deno.FsFile): Promise<void> {
  const { size } = await file.stat();
  let end = size;
  const chunk = new Uint8Array(4096);
  while (end > 0) {
    const start = Math.max(0, end - (end === size ? 1 : chunk.length)); // usually the last byte ends a line
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
 * Reads the objects of a file. A missing file has none.
 *
 * @param holds whether a line has the required fields. Default: every object has.
 * @throws {InputError} if a whole line is damaged. Names file and line.
 */
export async function readJsonLines<T>(path: string, holds?: (record: Partial<T>) => boolean): Promise<T[]> {
  return await Array.fromAsync(streamJsonLines(path, holds));
}

/** Reads as {@link readJsonLines} does, one object at a time. */
export async function* streamJsonLines<T>(
  path: string,
  holds: (record: Partial<T>) => boolean = () => true,
): AsyncGenerator<T> {
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
    yield record as T;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const LINE_END = 10;
const CHUNK = 1 << 20;

/**
 * Reads a file line by line. A missing file has no lines.
 *
 * @param longest maximum length of a line in bytes. Default 64 MiB.
 * @returns for each line its text, which is undefined if it is too long or not UTF-8, and whether the line is ended
 * @throws {InputError} if the file cannot be read.
 */
export async function* readLines(
  path: string,
  longest: number = 2 ** 26,
): AsyncGenerator<{ text: string | undefined; whole: boolean }> {
  if (!await exists(path)) return;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const { bytes, whole } of readByteLines(path, longest)) {
    let text: string | undefined;
    try {
      text = bytes && decoder.decode(bytes);
    } catch {
      // not UTF-8
    }
    yield { text, whole };
  }
}

/**
 * Reads a file line by line, as bytes.
 *
 * @param longest maximum length of a line in bytes
 * @returns for each line its bytes, which are undefined if it is too long and valid until the next line is read, and
 * whether the line is ended
 * @throws {InputError} if the file cannot be read.
 */
export async function* readByteLines(
  path: string,
  longest: number,
): AsyncGenerator<{ bytes: Uint8Array | undefined; whole: boolean }> {
  using file = await reading(path, () => Deno.open(path));
  const chunk = new Uint8Array(CHUNK);
  let begun: Uint8Array[] = [], length = 0;
  const line = (end: Uint8Array): Uint8Array | undefined => {
    length += end.length;
    const bytes = length > longest ? undefined : begun.length === 0 ? end : joinBytes([...begun, end]);
    [begun, length] = [[], 0];
    return bytes;
  };
  for (let read; (read = await reading(path, () => file.read(chunk))) !== null;) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0 && end < read; end = chunk.indexOf(LINE_END, from)) {
      yield { bytes: line(chunk.subarray(from, end)), whole: true };
      from = end + 1;
    }
    length += read - from;
    if (length > longest) begun = [];
    else if (from < read) begun.push(chunk.slice(from, read));
  }
  if (length > 0) yield { bytes: line(new Uint8Array(0)), whole: false };
}
