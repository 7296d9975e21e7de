/**
 * Files that are made once: each follows from its recipe, and a stopped run continues where it stopped.
 *
 * @module
 */
import { join } from "@std/path";
import { insidePath } from "../../lib/data/index_files.ts";
import { InputError } from "../../lib/errors.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { exists, readJson } from "../../lib/files/read.ts";
import { hash } from "../../lib/random.ts";
import { mapConcurrent } from "./processes.ts";

/** The splits of the published layouts; the dev split of `coco` is cut from train by its loader. */
export type PlannedSplit = "train" | "dev" | "test";

/** A stable number below 2^32 for one purpose of one image, such as the seed of its drawing. */
export function seedFor(seed: number, ...purpose: (string | number)[]): number {
  return hash([seed, ...purpose].join(":"));
}

/** A file to be made. */
export interface PlannedFile {
  /** Paths within the corpus; all get the same bytes. */
  paths: string[];
  /** Everything that determines the bytes; the file is reused if this has not changed. */
  recipe: unknown;
  /** Makes the bytes. */
  make: () => Promise<Uint8Array>;
}

/** Options of the functions that make corpora. */
export interface MakeOptions {
  /** Folder of the corpus. */
  directory: string;
  /** File that remembers which recipe each file was made from. */
  ledger: string;
  /** Programs at work at a time; 2. */
  width?: number;
  /** Receives lines about the progress. */
  log?: (line: string) => void;
  /** Stops between files; finished files stay. */
  signal?: AbortSignal;
}

/** How many files are made between two notes in the ledger. */
const BATCH = 200;

/**
 * Makes every planned file that is missing or was made from another recipe, and removes those that the ledger knows and
 * the plan does not.
 *
 * @throws {InputError} if the ledger is damaged, or names a file outside of the directory.
 */
export async function makeFiles(files: readonly PlannedFile[], options: MakeOptions): Promise<void> {
  const { directory, ledger, width = 2, signal } = options;
  const log = options.log ?? (() => {});
  const known = await exists(ledger) ? await readLedger(ledger, directory) : {};
  const planned = new Set(files.flatMap(({ paths }) => paths));
  for (const path of Object.keys(known)) {
    if (planned.has(path)) continue;
    await Deno.remove(join(directory, path)).catch(() => {});
    delete known[path];
  }
  const todo: PlannedFile[] = [];
  for (const file of files) {
    const kept = await Promise.all(
      file.paths.map((path) => known[path] === keyOf(file) && exists(join(directory, path))),
    );
    if (!kept.every((is) => is)) todo.push(file);
  }
  for (let start = 0; start < todo.length; start += BATCH) {
    const batch = todo.slice(start, start + BATCH);
    await mapConcurrent(batch, width, async (file) => {
      const bytes = await file.make();
      for (const path of file.paths) {
        await writeAtomic(join(directory, path), bytes);
        known[path] = keyOf(file);
      }
    }, signal).finally(() => writeAtomic(ledger, JSON.stringify(known)));
    log(`${directory}: ${Math.min(todo.length, start + BATCH)} of ${todo.length} files made`);
  }
}

/** What was made; a path that leaves the folder must not lead to the removal of a file. */
async function readLedger(ledger: string, directory: string): Promise<Record<string, number>> {
  const known = await readJson(ledger);
  if (typeof known !== "object" || known === null || Array.isArray(known)) {
    throw new InputError(`Cannot read '${ledger}' as it must be a list of files by their paths: delete it.`);
  }
  for (const path of Object.keys(known)) insidePath(directory, path, ledger);
  return known as Record<string, number>;
}

function keyOf(file: PlannedFile): number {
  return hash(JSON.stringify(file.recipe));
}
