/**
 * Encoder states read back.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { InputError } from "../../errors.ts";
import { isAbsence } from "../../files/read.ts";
import { type StoredLine, valuesOf } from "./line.ts";
import { statesFile } from "./part_files.ts";

/** Files that are held open at once. */
const OPEN = 16;

/** Reads states from the parts of a folder. */
export class StateReader {
  readonly #folder: string;
  readonly #files = new Map<string, Deno.FsFile>(); // the one used last stands last

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
          "again: what stood in it is heard again.",
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
