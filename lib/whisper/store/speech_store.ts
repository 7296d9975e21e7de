/**
 * Transcripts and encoder states on disk: all parts of a model's folder as one store.
 */
import { crc32 } from "node:zlib";
import { InputError } from "../../errors.ts";
import { makeFolder } from "../../files/atomic.ts";
import { isAbsence } from "../../files/read.ts";
import { type FileStamp, richer, type StoredLine, valuesOf } from "./line.ts";
import { type HalfStates, PartWriter, type PartWriterOptions, readParts, statesFile } from "./parts.ts";

/** Results in memory, without states. */
export class SpeechMemory {
  readonly #byStamp = new Map<string, StoredLine>();
  readonly #byContent = new Map<string, StoredLine>();

  /** The line of a file that did not change. */
  ofStamp(stamp: FileStamp): StoredLine | undefined {
    return this.#byStamp.get(stampKey(stamp));
  }

  /** The line of a recording with this SHA-256. */
  ofContent(content: string): StoredLine | undefined {
    return this.#byContent.get(content);
  }

  /** The contents whose lines pass a test. */
  contents(test: (line: StoredLine) => boolean): string[] {
    return [...this.#byContent].flatMap(([content, line]) => test(line) ? [content] : []);
  }

  /** Adds a recording. */
  add(line: StoredLine, _states?: HalfStates): Promise<void> {
    this.remember(line);
    return Promise.resolve();
  }

  /** Of two lines about the same content, the one with more results wins. */
  protected remember(line: StoredLine): void {
    const key = stampKey(line);
    this.#byStamp.set(key, richer(this.#byStamp.get(key), line));
    this.#byContent.set(line.content, richer(this.#byContent.get(line.content), line));
  }
}

/** The store of one model: reads the parts of all writers, writes its own. */
export class SpeechStore extends SpeechMemory {
  /** Parts of another model or version in the folder, which are ignored. */
  foreign: string[] = [];
  /** The number of damaged lines by part; their recordings count as new. */
  damaged: ReadonlyMap<string, number> = new Map();
  readonly #options: PartWriterOptions;
  readonly #writer: PartWriter;
  readonly #reader: StateReader;

  private constructor(options: PartWriterOptions) {
    super();
    this.#options = options;
    this.#writer = new PartWriter(options);
    this.#reader = new StateReader(options.folder);
  }

  /** Opens a store; creates it if it is missing. */
  static async open(options: PartWriterOptions): Promise<SpeechStore> {
    await makeFolder(options.folder);
    const store = new SpeechStore(options);
    await store.refresh();
    return store;
  }

  /** Reads what other processes wrote. */
  async refresh(): Promise<void> {
    const { lines, foreign, damaged } = await readParts(this.#options.folder, this.#options.key);
    this.foreign = foreign;
    this.damaged = damaged;
    for (const line of lines) this.remember(line);
  }

  /** Stores a recording in a part of this process. Throws InputError if the disk is full. */
  override async add(line: StoredLine, states?: HalfStates): Promise<void> {
    this.remember(await this.#writer.add(line, states));
  }

  /** Reads the first `frames` states of a line; see {@link StateReader.read}. */
  states(line: StoredLine, frames?: number): Float32Array {
    return this.#reader.read(line, frames);
  }

  /** Flushes everything to the disk; states can still be read. */
  async release(): Promise<void> {
    await this.#writer.finish();
  }

  /** Closes the files. */
  close(): void {
    this.#writer.close();
    this.#reader.close();
  }
}

function stampKey({ file, size, changed }: FileStamp): string {
  return `${file}\n${size}\n${changed}`;
}

/** The largest number of open files. */
const OPEN = 16;

/** Reads states from the parts of a folder. */
export class StateReader {
  readonly #folder: string;
  readonly #files = new Map<string, Deno.FsFile>(); // the most recently used is last

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads the states of a line: `[frames * width]`, float32.
   *
   * @param frames how many. Default all.
   * @throws {RangeError} if the line was stored without states.
   * @throws {InputError} if the part is missing or damaged.
   */
  read(line: StoredLine, frames = Infinity): Float32Array {
    const { part, offset, width = 0 } = line;
    if (part === undefined || offset === undefined) {
      throw new RangeError(`Cannot read states of '${line.file}' as none were stored`);
    }
    const half = new Float16Array(valuesOf(line));
    const bytes = new Uint8Array(half.buffer);
    if (!this.#fill(bytes, part, 2 * offset) || crc32(bytes) !== line.sum) {
      const path = statesFile(this.#folder, part);
      throw new InputError(
        `Cannot read the states of '${line.file}' as '${path}' is missing or damaged: the checksum of bytes ` +
          `${2 * offset} to ${2 * offset + bytes.length} does not fit. Remove '${path}' and give the same command ` +
          "again: its recordings are computed again.",
      );
    }
    return new Float32Array(half.subarray(0, frames === Infinity ? undefined : frames * width));
  }

  /** Closes the files. */
  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  /** Reads from a position; false if the file is missing or too short. Synchronous, so that no other read moves the file. */
  #fill(bytes: Uint8Array, part: string, position: number): boolean {
    try {
      const file = this.#file(part);
      file.seekSync(position, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) {
        const read = file.readSync(bytes.subarray(done));
        if (read === null) return false;
        done += read;
      }
      return true;
    } catch (error) {
      if (isAbsence(error) || error instanceof Deno.errors.IsADirectory) return false;
      throw error;
    }
  }

  #file(part: string): Deno.FsFile {
    const file = this.#files.get(part) ?? Deno.openSync(statesFile(this.#folder, part));
    this.#files.delete(part);
    this.#files.set(part, file);
    const [oldest] = this.#files.keys();
    if (this.#files.size > OPEN && oldest !== undefined) {
      this.#files.get(oldest)!.close();
      this.#files.delete(oldest);
    }
    return file;
  }
}
