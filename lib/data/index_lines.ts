/**
 * The lines of index files, with their numbers; of small files at once, of large ones one after the other.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { isAbsence } from "../files.ts";
import type { Oddity } from "./oddities.ts";

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
