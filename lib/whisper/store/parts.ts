/**
 * The files of a store. `part-WRITER-0000.jsonl` has a line for each recording after a first line with model and
 * version; `part-WRITER-0000.f16` has the encoder states one after the other, in half precision, little-endian.
 *
 * A part is written by one process and never changed after that process ended. So stores are merged by copying the parts of
 * one folder into another, and what a killed process left unfinished at the end of its part is ignored.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { join } from "@std/path";
import { InputError } from "../../errors.ts";
import { isAbsence, reading } from "../../files/read.ts";
import { formatBytes, freeSpace, isDiskFull } from "../../files/disk.ts";
import { formatLine, parseLine, type StoredLine, valuesOf } from "./line.ts";

/** Raised when decoding, resampling, log-mel, windows or greedy decoding give other results than before. */
const FRONT_END = 3;

const FORMAT = "brewclip-speech-1";
const NAME = /^(part-[\w-]+)\.jsonl$/;

/** The folder in which the results of a model are stored. */
export function storeFolder(root: string, key: string): string {
  return join(root, `whisper-${key}-v${FRONT_END}`);
}

/** The file of a part's lines. */
export function linesFile(folder: string, part: string): string {
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

/** What a folder holds. */
export interface Parts {
  /** The whole lines whose states are whole too. */
  lines: StoredLine[];
  /** Parts of another model or version, which are ignored. */
  foreign: string[];
  /** Lines that are damaged, by part; their recordings count as new. */
  damaged: Map<string, number>;
}

/**
 * Reads the lines of all parts; those that are unfinished, damaged, or have states that are missing are left out and counted.
 *
 * @throws {InputError} where a part's lines cannot be read.
 */
export async function readParts(folder: string, key: string): Promise<Parts> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (NAME.test(name)) names.push(NAME.exec(name)![1]!);
  const lines: StoredLine[] = [];
  const foreign: string[] = [];
  const damaged = new Map<string, number>();
  const sizes = new Map<string, number>();
  const header = headerOf(key);
  for (const part of names.sort()) {
    const path = linesFile(folder, part);
    const [first, ...others] = (await reading(path, () => Deno.readTextFile(path))).split("\n");
    if (others.length === 0) continue; // killed before its first line was whole
    if (first !== header) {
      foreign.push(part);
      continue;
    }
    others.pop(); // what follows the last line break is unfinished
    for (const text of others) {
      const line = parseLine(text);
      if (line === undefined) {
        damaged.set(part, (damaged.get(part) ?? 0) + 1);
        continue;
      }
      if (line.part !== undefined) {
        if (!sizes.has(line.part)) sizes.set(line.part, await valuesIn(statesFile(folder, line.part)));
        if (line.offset! + valuesOf(line) > sizes.get(line.part)!) continue;
      }
      lines.push(line);
    }
  }
  return { lines, foreign, damaged };
}

/** How many values a file of states has; 0 where it is missing. */
async function valuesIn(file: string): Promise<number> {
  try {
    return Math.floor((await Deno.stat(file)).size / 2);
  } catch (error) {
    if (isAbsence(error)) return 0;
    throw error;
  }
}

/** Where and how parts are written. */
export interface PartWriterOptions {
  /** The model's own folder. */
  folder: string;
  /** The model's key. */
  key: string;
  /** Begins the names of this writer's parts, before eight random digits; letters, digits, `_` and `-`. Default none. */
  label?: string;
  /** Bytes of states, or of lines, after which a new part is begun. Default 256 MiB. */
  limit?: number;
}

/**
 * Appends to parts of its own, whose names no other process takes. The first file is made with the first line. States are
 * written before the line that tells where they are; a write that fails is taken back.
 */
export class PartWriter {
  readonly #options: Required<PartWriterOptions>;
  readonly #writer: string;
  #open: { name: string; lines: Tail; states: Tail } | undefined;
  #parts = 0;

  /** Makes no file yet. */
  constructor({ label = "", limit = 2 ** 28, ...place }: PartWriterOptions) {
    this.#options = { label, limit, ...place };
    this.#writer = `${label === "" ? "" : `${label}-`}${crypto.randomUUID().slice(0, 8)}`;
  }

  /**
   * Writes a line, and its states `[frames * width]` where there are some, and gives back the line as it was stored.
   *
   * @throws {InputError} where the disk is full; the part is as it was before.
   */
  async add(line: StoredLine, states?: { values: Float16Array; frames: number; width: number }): Promise<StoredLine> {
    try {
      const { name, lines, states: file } = this.#open ??= await this.#begin();
      const stored = { ...line };
      if (states !== undefined) {
        const bytes = new Uint8Array(states.values.buffer, states.values.byteOffset, states.values.byteLength);
        const { frames, width } = states;
        Object.assign(stored, { frames, width, part: name, offset: file.end / 2, sum: crc32(bytes) });
        await file.append(bytes);
      }
      await lines.append(new TextEncoder().encode(formatLine(stored) + "\n"));
      if (Math.max(file.end, lines.end) >= this.#options.limit) await this.finish();
      return stored;
    } catch (error) {
      throw await this.#explained(error, states?.values.byteLength ?? 0);
    }
  }

  /** Writes what is in memory to the disk and closes the files; a later line begins another part. */
  async finish(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    try {
      await open?.states.finish();
      await open?.lines.finish();
    } catch (error) {
      throw await this.#explained(error, 0);
    }
  }

  /** Closes the files, without a wait for the disk. */
  close(): void {
    this.#open?.states.close();
    this.#open?.lines.close();
    this.#open = undefined;
  }

  async #begin(): Promise<{ name: string; lines: Tail; states: Tail }> {
    const { folder, key } = this.#options;
    const name = `part-${this.#writer}-${String(this.#parts++).padStart(4, "0")}`;
    await Deno.mkdir(folder, { recursive: true });
    const states = await Tail.create(statesFile(folder, name));
    try {
      const lines = await Tail.create(linesFile(folder, name), new TextEncoder().encode(headerOf(key) + "\n"));
      return { name, lines, states };
    } catch (error) {
      states.close();
      await Deno.remove(statesFile(folder, name)).catch(() => {});
      throw error;
    }
  }

  async #explained(error: unknown, bytes: number): Promise<unknown> {
    if (!isDiskFull(error)) return error;
    const free = await freeSpace(this.#options.folder);
    return new InputError(
      `Cannot store transcripts and encoder states in '${this.#options.folder}' as its disk is full, or its quota or file size limit reached: ` +
        `${formatBytes(bytes)} needed for the next recording, ${
          free === undefined ? "too little" : formatBytes(free)
        } ` +
        "free. Free some space and give the same command again (finished recordings are kept), put 'runs' on a larger disk, or add --no-cache.",
    );
  }
}

/** A file that only grows, by whole pieces. */
class Tail {
  readonly #file: Deno.FsFile;
  /** Bytes. */
  end = 0;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Makes a file, which must not be there yet; takes it away again where its first bytes cannot be written. */
  static async create(path: string, first?: Uint8Array): Promise<Tail> {
    const tail = new Tail(await Deno.open(path, { write: true, createNew: true }));
    try {
      if (first !== undefined) await tail.append(first);
      return tail;
    } catch (error) {
      tail.close();
      await Deno.remove(path).catch(() => {});
      throw error;
    }
  }

  /** Writes all of the bytes or, where that fails, none. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
      this.end += bytes.length;
    } catch (error) {
      await this.#file.truncate(this.end).catch(() => {});
      await this.#file.seek(this.end, Deno.SeekMode.Start);
      throw error;
    }
  }

  async finish(): Promise<void> {
    try {
      await this.#file.sync();
    } finally {
      this.#file.close();
    }
  }

  close(): void {
    this.#file.close();
  }
}
