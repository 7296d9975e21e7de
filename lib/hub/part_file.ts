/**
 * A file under way: `NAME.incomplete`, which a later run continues and no second process writes at the same time.
 *
 * @module
 */
import { dirname } from "@std/path";
import { exists, writeAtomic } from "../files.ts";

/** A file that is being filled from the front. */
export class PartFile implements AsyncDisposable {
  /** Bytes that are there. */
  done = 0;
  /** What the server called the version of the file whose first bytes are there. */
  version: string | undefined;
  readonly #file: Deno.FsFile;
  #open = true;

  private constructor(readonly path: string, file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Opens the part of a file, where there is one, to continue it; waits while another process fills it.
   *
   * @param whole the path of the whole file
   * @returns nothing where the whole file is there.
   */
  static async open(whole: string): Promise<PartFile | undefined> {
    const path = `${whole}.incomplete`;
    await Deno.mkdir(dirname(whole), { recursive: true });
    while (!await exists(whole)) {
      const file = await Deno.open(path, { read: true, write: true, create: true });
      await file.lock(true);
      const there = await Deno.lstat(path).catch(() => undefined);
      const { ino, size } = await file.stat();
      if (there === undefined || there.ino !== ino) { // another process finished or dropped it meanwhile
        file.close();
        continue;
      }
      const part = new PartFile(path, file);
      part.done = size;
      part.version = size > 0 ? await readIfThere(`${path}.version`) : undefined;
      await file.seek(0, Deno.SeekMode.End);
      return part;
    }
    return undefined;
  }

  /** Appends bytes. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) written += await this.#file.write(bytes.subarray(written));
    this.done += bytes.length;
  }

  /** Begins anew. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    this.done = 0;
    this.version = undefined;
  }

  /** Remembers the version, for a process that continues. */
  async setVersion(version: string | undefined): Promise<void> {
    if (version === this.version) return;
    this.version = version;
    if (version !== undefined) await writeAtomic(`${this.path}.version`, version);
  }

  /** Passes all bytes that are there, in order. */
  async read(take: (bytes: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(2 ** 20);
    await this.#file.seek(0, Deno.SeekMode.Start);
    for (let read = await this.#file.read(buffer); read !== null; read = await this.#file.read(buffer)) {
      take(buffer.subarray(0, read));
    }
  }

  /** Gives the file its name: it is whole. */
  async finish(whole: string): Promise<void> {
    this.#open = false;
    await this.#file.syncData();
    await Deno.rename(this.path, whole);
    await Deno.remove(`${this.path}.version`).catch(() => {});
  }

  /** Removes what is there. */
  async drop(): Promise<void> {
    this.#open = false;
    for (const path of [this.path, `${this.path}.version`]) await Deno.remove(path).catch(() => {});
  }

  /** Closes the file; what is there stays, a part of no bytes does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open && this.done === 0) await this.drop();
    this.#file.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
