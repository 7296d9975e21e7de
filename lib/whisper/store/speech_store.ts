/**
 * Transcripts and encoder states on disk: all parts of a model's folder as one.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { InputError } from "../../errors.ts";
import { isAbsence } from "../../files/read.ts";
import { type FileStamp, richer, type StoredLine, valuesOf } from "./line.ts";
import { PartWriter, type PartWriterOptions, readParts, statesFile } from "./parts.ts";

/** Where results are looked up and stored. */
export interface SpeechCache {
  /** What is known about a file, where it is still the same. */
  ofStamp(stamp: FileStamp): StoredLine | undefined;
  /** What is known about a content. */
  ofContent(content: string): StoredLine | undefined;
  /** Contents of which a test holds. */
  contents(test: (line: StoredLine) => boolean): string[];
  /** Adds a recording; its states are optional. */
  add(line: StoredLine, states?: { values: Float16Array; frames: number; width: number }): Promise<void>;
}

/** Results in memory only, without states. */
export class SpeechMemory implements SpeechCache {
  readonly #byStamp = new Map<string, StoredLine>();
  readonly #byContent = new Map<string, StoredLine>();

  ofStamp(stamp: FileStamp): StoredLine | undefined {
    return this.#byStamp.get(stampKey(stamp));
  }

  ofContent(content: string): StoredLine | undefined {
    return this.#byContent.get(content);
  }

  contents(test: (line: StoredLine) => boolean): string[] {
    return [...this.#byContent].flatMap(([content, line]) => test(line) ? [content] : []);
  }

  add(line: StoredLine): Promise<void> {
    this.remember(line);
    return Promise.resolve();
  }

  /** Remembers a line; one that has less about the same content does not hide another. */
  protected remember(line: StoredLine): void {
    const key = stampKey(line);
    const stamped = this.#byStamp.get(key);
    this.#byStamp.set(key, stamped === undefined ? line : richer(stamped, line));
    const same = this.#byContent.get(line.content);
    this.#byContent.set(line.content, same === undefined ? line : richer(same, line));
  }
}

/** The store of one model: reads the parts of all writers, writes its own. */
export class SpeechStore extends SpeechMemory {
  /** The model's folder. */
  readonly folder: string;
  /** Parts of another model or version in the folder, which are ignored. */
  foreign: string[] = [];
  /** Damaged lines by part; their recordings count as new. */
  damaged: ReadonlyMap<string, number> = new Map();
  readonly #key: string;
  readonly #writer: PartWriter;
  readonly #reader: StateReader;

  private constructor(options: PartWriterOptions) {
    super();
    this.folder = options.folder;
    this.#key = options.key;
    this.#writer = new PartWriter(options);
    this.#reader = new StateReader(options.folder);
  }

  /** Opens or makes a store. */
  static async open(options: PartWriterOptions): Promise<SpeechStore> {
    await Deno.mkdir(options.folder, { recursive: true });
    const store = new SpeechStore(options);
    await store.refresh();
    return store;
  }

  /** Reads what others wrote since. */
  async refresh(): Promise<void> {
    const { lines, foreign, damaged } = await readParts(this.folder, this.#key);
    this.foreign = foreign;
    this.damaged = damaged;
    for (const line of lines) this.remember(line);
  }

  /** Stores a recording in a part of this process. Throws InputError where the disk is full. */
  override async add(
    line: StoredLine,
    states?: { values: Float16Array; frames: number; width: number },
  ): Promise<void> {
    this.remember(await this.#writer.add(line, states));
  }

  /** Reads the first `frames` states of a line: `[frames * width]`, float32; see {@link StateReader.read}. */
  states(line: StoredLine, frames?: number): Float32Array {
    return this.#reader.read(line, frames);
  }

  /** Writes everything to the disk; states can still be read. */
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

/** Files that are held open at once. */
const OPEN = 16;

/** Reads states from the parts of a folder. */
export class StateReader {
  readonly #folder: string;
  readonly #files = new Map<string, Deno.FsFile>(); // the one used last comes last

  /** Opens no file yet. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The states of a line: `[frames * width]`, float32.
   *
   * @param frames the first so many. Default all.
   * @throws {RangeError} where the line was stored without states.
   * @throws {InputError} where the part is missing or damaged.
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
          "again: what it held is computed again.",
      );
    }
    return new Float32Array(half.subarray(0, frames === Infinity ? undefined : frames * width));
  }

  /** Closes the files. */
  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  /** Reads at a place without a pause in which another read could move it; false where the file ends before. */
  #fill(bytes: Uint8Array, part: string, place: number): boolean {
    try {
      const file = this.#file(part);
      file.seekSync(place, Deno.SeekMode.Start);
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
