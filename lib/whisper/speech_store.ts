/**
 * What Whisper heard, on disk: one folder for each model, append-only, safe against being killed at any moment.
 *
 * `index.jsonl` has a line for each recording; `states.f16` has the encoder states one after the other, in half
 * precision. States are written before the line that tells where they are, so a line always points at whole states; what
 * a killed process left unfinished at the ends of the two files is cut off when the store is opened again.
 *
 * @module
 */
import { join } from "@std/path";

/** What stands in the index about a recording. */
export interface StoredLine {
  /** File of the recording. */
  file: string;
  /** Bytes of the file. */
  size: number;
  /** Time of its last change, in milliseconds. */
  changed: number;
  /** SHA-256 of its content. */
  content: string;
  /** The transcript; where the recording could not be used, absent. */
  text?: string;
  /** Length of the recording in seconds. */
  seconds?: number;
  /** Frames of real audio. */
  frames?: number;
  /** Width of a state. */
  width?: number;
  /** Where the states begin in `states.f16`, in values; absent where they were not stored. */
  offset?: number;
  /** Why the recording could not be used. */
  problem?: string;
}

/** The store of one model. */
export class SpeechStore {
  readonly #index: Deno.FsFile;
  readonly #states: Deno.FsFile;
  readonly #byFile = new Map<string, StoredLine>();
  readonly #byContent = new Map<string, StoredLine>();
  #end: number; // values in states.f16

  private constructor(index: Deno.FsFile, states: Deno.FsFile, lines: StoredLine[], end: number) {
    this.#index = index;
    this.#states = states;
    this.#end = end;
    for (const line of lines) this.#remember(line);
  }

  /**
   * Opens or makes a store, locked for others until {@link SpeechStore.release} or {@link SpeechStore.close}. From a damaged
   * line on, the index is cut off: what stood there is heard again.
   *
   * @param folder the model's own folder
   */
  static async open(folder: string): Promise<SpeechStore> {
    await Deno.mkdir(folder, { recursive: true });
    const options = { read: true, write: true, create: true };
    const index = await Deno.open(join(folder, "index.jsonl"), options);
    try {
      await index.lock(true);
      const states = await Deno.open(join(folder, "states.f16"), options);
      try {
        const { lines, bytes, end } = intact(await wholeOf(index), (await states.stat()).size / 2);
        await index.truncate(bytes);
        await index.seek(bytes, Deno.SeekMode.Start);
        await states.truncate(2 * end);
        return new SpeechStore(index, states, lines, end);
      } catch (error) {
        states.close();
        throw error;
      }
    } catch (error) {
      index.close();
      throw error;
    }
  }

  /** What was last stored about a file, whether or not the file is still the same. */
  ofFile(file: string): StoredLine | undefined {
    return this.#byFile.get(file);
  }

  /** What was stored about a content. */
  ofContent(content: string): StoredLine | undefined {
    return this.#byContent.get(content);
  }

  /** Stores a recording; its states, `[frames * width]`, are optional. */
  async add(line: Omit<StoredLine, "offset">, states?: Float32Array): Promise<void> {
    const entry: StoredLine = { ...line };
    if (states !== undefined) {
      entry.offset = this.#end;
      await this.#states.seek(2 * this.#end, Deno.SeekMode.Start);
      await writeAll(this.#states, new Uint8Array(Float16Array.from(states).buffer));
      this.#end += states.length;
    }
    await this.#append(entry);
  }

  /** Stores that a file has a content that is known. */
  async addAgain(
    known: StoredLine,
    { file, size, changed }: Pick<StoredLine, "file" | "size" | "changed">,
  ): Promise<void> {
    await this.#append({ ...known, file, size, changed });
  }

  /**
   * Reads the states of a line: `[frames * width]`, float32.
   *
   * @throws {RangeError} where the line was stored without states.
   */
  states(line: StoredLine): Float32Array {
    if (line.offset === undefined) throw new RangeError(`Cannot read states of '${line.file}' as none were stored`);
    const half = new Float16Array(valuesOf(line));
    const bytes = new Uint8Array(half.buffer);
    this.#states.seekSync(2 * line.offset, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) {
      const read = this.#states.readSync(bytes.subarray(done));
      if (read === null) throw new RangeError(`Cannot read states of '${line.file}' as the store ends before them`);
      done += read;
    }
    return Float32Array.from(half);
  }

  /** Writes everything to the disk and lets others in; nothing may be added any more, but states can still be read. */
  async release(): Promise<void> {
    await this.#states.sync();
    await this.#index.sync();
    await this.#index.unlock();
  }

  /** Closes the files. */
  close(): void {
    this.#states.close();
    this.#index.close();
  }

  async #append(line: StoredLine): Promise<void> {
    await writeAll(this.#index, new TextEncoder().encode(JSON.stringify(line) + "\n"));
    this.#remember(line);
  }

  #remember(line: StoredLine): void {
    this.#byFile.set(line.file, line);
    // A later line without states must not hide an earlier one that has them.
    if (line.offset !== undefined || this.#byContent.get(line.content)?.offset === undefined) {
      this.#byContent.set(line.content, line);
    }
  }
}

function valuesOf(line: StoredLine): number {
  return (line.frames ?? 0) * (line.width ?? 0);
}

/** The lines up to the first that is damaged, unfinished or points past the stored states. */
function intact(index: Uint8Array, stored: number): { lines: StoredLine[]; bytes: number; end: number } {
  const lines: StoredLine[] = [];
  let bytes = 0, end = 0;
  while (true) {
    const stop = index.indexOf(10, bytes); // the end of the line
    if (stop < 0) return { lines, bytes, end };
    let line: StoredLine;
    try {
      line = JSON.parse(new TextDecoder().decode(index.subarray(bytes, stop)));
    } catch {
      return { lines, bytes, end };
    }
    const reach = line.offset === undefined ? 0 : line.offset + valuesOf(line);
    if (!(reach <= stored)) return { lines, bytes, end };
    lines.push(line);
    bytes = stop + 1;
    end = Math.max(end, reach);
  }
}

async function wholeOf(file: Deno.FsFile): Promise<Uint8Array> {
  const bytes = new Uint8Array((await file.stat()).size);
  await file.seek(0, Deno.SeekMode.Start);
  let done = 0;
  while (done < bytes.length) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}
