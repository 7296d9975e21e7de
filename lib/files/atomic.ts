/**
 * Writes whole files atomically: a reader sees the old file or the new one, never a part. After a power cut, too.
 */
import { dirname, join } from "@std/path";
import { checkPlace } from "./place.ts";
import { isAbsence } from "./read.ts";
import { writing } from "./system_error.ts";

/** The end of a temporary name. */
const TEMPORARY = /\.[0-9a-f]{8}\.tmp$/;

/**
 * Writes a file under a temporary name in the same folder, syncs it to the disk, renames it, and syncs the folder. Creates
 * missing folders.
 *
 * @throws {WriteError} if the disk is full or the system refuses it. The earlier file is unchanged.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await checkPlace(dirname(path));
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  await writing(path, async () => {
    await Deno.mkdir(dirname(path), { recursive: true });
    try {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      await writeAll(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
      await file.sync();
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
    await syncFolder(dirname(path));
  });
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

/**
 * Removes the temporary files that killed processes left in a folder and its subfolders, but not below a subfolder with a lock
 * of its own.
 *
 * @param minAge milliseconds since the last change, for a folder in which other processes may be writing. Default 0.
 */
export async function removeTemporary(folder: string, { minAge = 0, deep = true } = {}): Promise<void> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory && deep && !await isLocked(path)) await removeTemporary(path, { minAge, deep: false });
      if (isDirectory || !TEMPORARY.test(name)) continue;
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
