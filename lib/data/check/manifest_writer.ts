/**
 * A manifest that a check fills, line by line, safe against being killed at any moment.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../files.ts";
import { type ManifestLine, readManifestLines } from "./manifest_lines.ts";

/** Milliseconds after which a check that waits for another one says so. */
const PATIENCE = 1000;

/** The manifest of a check that runs. */
export class ManifestWriter {
  readonly #lock: Deno.FsFile;
  readonly #file: Deno.FsFile;
  readonly #lines: Map<string, ManifestLine>;

  private constructor(lock: Deno.FsFile, file: Deno.FsFile, lines: Map<string, ManifestLine>) {
    this.#lock = lock;
    this.#file = file;
    this.#lines = lines;
  }

  /**
   * Opens `manifest.jsonl` of a check's folder, which is made where it is missing, and keeps other checks of the same set
   * waiting. Where the file has damaged, unfinished or superseded lines, it is written anew without them.
   *
   * @param tell takes a line for the user, where another check has to be waited for
   */
  static async open(folder: string, tell: (line: string) => void): Promise<ManifestWriter> {
    await Deno.mkdir(folder, { recursive: true });
    const lock = await Deno.open(join(folder, "lock"), { write: true, create: true });
    const notice = setTimeout(() => tell(`another check works in ${folder}: waiting for it`), PATIENCE);
    try {
      await lock.lock(true);
      const path = join(folder, "manifest.jsonl");
      const { lines, clean } = await readManifestLines(path);
      if (!clean) await writeAtomic(path, lines.values().map(textOf).toArray().join(""));
      return new ManifestWriter(lock, await Deno.open(path, { append: true, create: true }), lines);
    } catch (error) {
      lock.close();
      throw error;
    } finally {
      clearTimeout(notice);
    }
  }

  /** The last line about a file. */
  get(file: string): ManifestLine | undefined {
    return this.#lines.get(file);
  }

  /** Adds a line; it is in the file when this returns. */
  add(line: ManifestLine): void {
    const bytes = new TextEncoder().encode(textOf(line));
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    this.#lines.set(line.file, line);
  }

  /** Closes the file and lets other checks in. */
  [Symbol.dispose](): void {
    this.#file.close();
    this.#lock.close();
  }
}

function textOf(line: ManifestLine): string {
  return `${JSON.stringify(line)}\n`;
}
