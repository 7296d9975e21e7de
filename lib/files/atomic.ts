/**
 * Writes whole files atomically: a reader sees the old file or the new one, never a part.
 *
 * @module
 */
import { dirname } from "@std/path";

/**
 * Writes a file under a temporary name in the same folder, syncs it to the disk and renames it. Creates missing folders.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true });
    await writeAll(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
    await file.syncData();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Writes all bytes at the file's position. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}
