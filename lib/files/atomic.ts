/**
 * Writes whole files atomically: a reader sees the old file or the new one, never a part. After a power cut, too.
 */
import { dirname, join } from "@std/path";
import { checkPlace } from "./place.ts";
import { exists, isAbsence } from "./read.ts";
import { writing } from "./system_error.ts";

/** The end of a temporary name. */
const TEMPORARY = /\.[0-9a-f]{8}\.tmp$/;

/**
 * Writes a file as {@link writeFilesAtomic} does.
 *
 * @throws {WriteError} if the disk is full or the system refuses it. The earlier file is unchanged.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await writeFilesAtomic([path], async ([temporary]) => {
    using file = await Deno.open(temporary!, { write: true, createNew: true });
    await writeAll(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
  });
}

/**
 * Writes files of one folder under temporary names in it, syncs them to the disk, renames them, and syncs the folder. Creates
 * missing folders.
 *
 * @param write writes the files at the given temporary names, which are in the order of `paths`
 * @throws {WriteError} if the disk is full or the system refuses it. The earlier files are unchanged.
 */
export async function writeFilesAtomic(
  paths: readonly string[],
  write: (temporary: string[]) => Promise<void>,
): Promise<void> {
  const folder = dirname(paths[0]!);
  await checkPlace(folder);
  const temporary = paths.map((path) => `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`);
  await writing(paths[0]!, async () => {
    await makeFolder(folder);
    try {
      await write(temporary);
      for (const file of temporary) await syncFile(file);
      for (const [i, path] of paths.entries()) await Deno.rename(temporary[i]!, path);
    } catch (error) {
      for (const file of temporary) await Deno.remove(file).catch(() => {});
      throw error;
    }
    await syncFolder(folder);
  });
}

/** Creates a folder and its missing parents, durably. */
export async function makeFolder(folder: string): Promise<void> {
  const made = [];
  for (let at = folder; !await exists(at) && at !== dirname(at); at = dirname(at)) made.push(dirname(at));
  await Deno.mkdir(folder, { recursive: true });
  for (const parent of made.reverse()) await syncFolder(parent);
}

/** Waits until the content of a file is on the disk. */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** Writes all bytes at the file's position. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Makes names durable that were created, renamed or removed in a folder. Some systems cannot sync folders. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    using opened = await Deno.open(folder);
    await opened.sync();
  } catch {
    // Windows, or a file system without it
  }
}

/** Makes all files below a folder, and their names, durable. */
export async function syncBelow(folder: string): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) await syncBelow(join(folder, name));
    else if (isFile) await syncFile(join(folder, name));
  }
  await syncFolder(folder);
}

/**
 * Removes the temporary files that killed processes left in a folder and its subfolders, but not below a subfolder with a lock
 * of its own.
 *
 * @param minAge milliseconds since the last change, for a folder in which other processes may be writing. Default 0.
 * @param of only those of the file with this name
 */
export async function removeTemporary(folder: string, { minAge = 0, deep = true, of = "" } = {}): Promise<void> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory && deep && !await isLocked(path)) await removeTemporary(path, { minAge, deep: false });
      if (isDirectory || !TEMPORARY.test(name) || (of !== "" && name.replace(TEMPORARY, "") !== of)) continue;
      const { mtime } = await Deno.lstat(path);
      if (Date.now() - (mtime?.getTime() ?? 0) >= minAge) await Deno.remove(path);
    }
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

async function isLocked(folder: string): Promise<boolean> {
  return await Deno.lstat(join(folder, LOCK)).then(() => true, () => false);
}

/** The lock of a folder; see `lock.ts`. */
export const LOCK = ".lock";
