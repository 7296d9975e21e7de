/**
 * What Whisper heard, on disk: all parts of a model's folder as one.
 *
 * @module
 */
import { type FileStamp, richer, type StoredLine } from "./line.ts";
import { readParts } from "./part_files.ts";
import { PartWriter, type PartWriterOptions } from "./part_writer.ts";
import { StateReader } from "./state_reader.ts";

/** Where results are looked up and put. */
export interface SpeechShelf {
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
export class SpeechMemory implements SpeechShelf {
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

  /** Notes a line; one that tells less about the same does not hide another. */
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
  /** Parts of another model or version that lie in the folder and count for nothing. */
  foreign: string[] = [];
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
    const { lines, foreign } = await readParts(this.folder, this.#key);
    this.foreign = foreign;
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

  /** Brings everything to the disk; states can still be read. */
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
