/**
 * The files of a store. `part-WRITER-0000.jsonl` has a header with model and version, then one line a recording.
 * `part-WRITER-0000.f16` has the encoder states one after the other, in half precision, little-endian.
 *
 * One process writes a part, and nobody changes it after that process ends. So copying the parts of one folder into another
 * merges two stores, and readers ignore what a killed process left unfinished at the end of its part.
 */
import { crc32 } from "node:zlib";
import { join } from "@std/path";
import { InputError } from "../../errors.ts";
import { makeFolder, syncFolder } from "../../files/atomic.ts";
import { isAbsence, reading } from "../../files/read.ts";
import { formatBytes, freeSpace } from "../../files/disk.ts";
import { isDiskFull } from "../../files/system_error.ts";
import { formatLine, parseLine, type StoredLine, valuesOf } from "./line.ts";

/** Raised when decoding, resampling, log-mel, windows or greedy decoding change their results. */
const FRONT_END = 3;

const FORMAT = "brewclip-speech-1";
const NAME = /^(part-[\w-]+)\.jsonl$/;

/** The folder of a model's results. */
export function storeFolder(root: string, key: string): string {
  return join(root, `whisper-${key}-v${FRONT_END}`);
}

/** The file of a part's lines. */
function linesFile(folder: string, part: string): string {
  return join(folder, `${part}.jsonl`);
}

/** The file of a part's states. */
export function statesFile(folder: string, part: string): string {
  return join(folder, `${part}.f16`);
}

/** The first line of a part. */
export function headerOf(key: string): string {
  return JSON.stringify({ format: FORMAT, frontEnd: FRONT_END, model: key });
}

/** The content of a folder. */
export interface Parts {
  /** The complete lines; if they have states, those are complete too. */
  lines: StoredLine[];
  /** Parts of another model or version, which are ignored. */
  foreign: string[];
  /** The number of damaged lines by part; their recordings count as new. */
  damaged: Map<string, number>;
}

/**
 * Reads the lines of all parts. Skips lines that are unfinished or damaged, or whose states are missing.
 *
 * @throws {InputError} if the lines of a part cannot be read.
 */
export async function readParts(folder: string, key: string): Promise<Parts> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (NAME.test(name)) names.push(NAME.exec(name)![1]!);
  const found: Parts = { lines: [], foreign: [], damaged: new Map() };
  const sizes = new Map<string, number>();
  const header = headerOf(key);
  for (const part of names.sort()) {
    const path = linesFile(folder, part);
    const [first, ...others] = (await reading(path, () => Deno.readTextFile(path))).split("\n");
    if (others.length === 0) continue; // killed before the header was complete
    if (first !== header) {
      found.foreign.push(part);
      continue;
    }
    others.pop(); // text after the last line break is unfinished
    for (const text of others) {
      const line = parseLine(text);
      if (line === undefined) {
        found.damaged.set(part, (found.damaged.get(part) ?? 0) + 1);
        continue;
      }
      if (line.part !== undefined) {
        if (!sizes.has(line.part)) sizes.set(line.part, await countValues(statesFile(folder, line.part)));
        if (line.offset! + valuesOf(line) > sizes.get(line.part)!) continue;
      }
      found.lines.push(line);
    }
  }
  return found;
}

/** The number of values in a file of states; 0 if it is missing. */
async function countValues(file: string): Promise<number> {
  try {
    return Math.floor((await Deno.stat(file)).size / 2);
  } catch (error) {
    if (isAbsence(error)) return 0;
    throw error;
  }
}

/** The states of a recording `[frames * width]`. */
export interface HalfStates {
  values: Float16Array;
  frames: number;
  width: number;
}

/** Options of a {@link PartWriter}. */
export interface PartWriterOptions {
  /** The model's own folder. */
  folder: string;
  key: string;
  /** Goes before the eight random digits in the names of the parts; letters, digits, `_` and `-`. Default none. */
  label?: string;
  /** The bytes of states, or of lines, after which a new part begins. Default 256 MiB. */
  limit?: number;
}

/**
 * Appends to its own parts, whose names no other process uses. The first line creates the first file. States are written
 * before the line that refers to them; a write that fails is undone.
 */
export class PartWriter {
  readonly #options: PartWriterOptions;
  readonly #writer: string;
  #open: { name: string; lines: AppendedFile; states: AppendedFile } | undefined;
  #parts = 0;

  constructor(options: PartWriterOptions) {
    this.#options = options;
    this.#writer = [options.label ?? "", crypto.randomUUID().slice(0, 8)].filter((part) => part !== "").join("-");
  }

  /**
   * Writes a line, and its states if it has some. Returns the line as it was stored.
   *
   * @throws {InputError} if the disk is full; the part is as it was before.
   */
  async add(line: StoredLine, states?: HalfStates): Promise<StoredLine> {
    try {
      const { name, lines, states: file } = this.#open ??= await this.#begin();
      const stored = { ...line };
      if (states !== undefined) {
        const { values, frames, width } = states;
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        Object.assign(stored, { frames, width, part: name, offset: file.end / 2, sum: crc32(bytes) });
        await file.append(bytes);
      }
      await lines.append(new TextEncoder().encode(formatLine(stored) + "\n"));
      if (Math.max(file.end, lines.end) >= (this.#options.limit ?? 2 ** 28)) await this.finish();
      return stored;
    } catch (error) {
      throw await this.#explained(error, states?.values.byteLength ?? 0);
    }
  }

  /** Flushes the files to the disk and closes them; the next line begins another part. */
  async finish(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    try {
      await open?.states.finish();
      await open?.lines.finish();
      if (open !== undefined) await syncFolder(this.#options.folder); // else a power cut may lose the files' names
    } catch (error) {
      throw await this.#explained(error, 0);
    }
  }

  /** Closes the files without waiting for the disk. */
  close(): void {
    this.#open?.states.close();
    this.#open?.lines.close();
    this.#open = undefined;
  }

  async #begin(): Promise<{ name: string; lines: AppendedFile; states: AppendedFile }> {
    const { folder, key } = this.#options;
    const name = `part-${this.#writer}-${String(this.#parts++).padStart(4, "0")}`;
    await makeFolder(folder);
    const files: AppendedFile[] = [];
    try {
      for (const path of [statesFile(folder, name), linesFile(folder, name)]) {
        files.push(new AppendedFile(path, await Deno.open(path, { write: true, createNew: true })));
      }
      const [states, lines] = files as [AppendedFile, AppendedFile];
      await lines.append(new TextEncoder().encode(headerOf(key) + "\n"));
      return { name, lines, states };
    } catch (error) {
      for (const file of files) {
        file.close();
        await Deno.remove(file.path).catch(() => {});
      }
      throw error;
    }
  }

  async #explained(error: unknown, bytes: number): Promise<unknown> {
    if (!isDiskFull(error)) return error;
    const { folder } = this.#options;
    const space = await freeSpace(folder);
    const free = space === undefined ? "too little" : formatBytes(space);
    return new InputError(
      `Cannot store transcripts and encoder states in '${folder}' as its disk is full, or its quota or file size limit ` +
        `reached: ${
          formatBytes(bytes)
        } needed for the next recording, ${free} free. Free some space and give the same ` +
        "command again (finished recordings stay stored), put 'runs' on a larger disk, or add --no-cache.",
    );
  }
}

/** A file that only grows. An append writes all of its bytes or none. */
class AppendedFile {
  /** The length in bytes. */
  end = 0;

  constructor(readonly path: string, readonly file: Deno.FsFile) {}

  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) done += await this.file.write(bytes.subarray(done));
      this.end += bytes.length;
    } catch (error) {
      await this.file.truncate(this.end).catch(() => {});
      await this.file.seek(this.end, Deno.SeekMode.Start);
      throw error;
    }
  }

  async finish(): Promise<void> {
    try {
      await this.file.sync();
    } finally {
      this.close();
    }
  }

  close(): void {
    this.file.close();
  }
}
