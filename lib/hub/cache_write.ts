/**
 * What is written into the Hugging Face cache beside the files themselves.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname, join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists } from "../files.ts";
import type { HubFile } from "./hub_api.ts";

/**
 * Puts a file's link into a snapshot: relative, as other programs do.
 *
 * @param folder the model's folder in the cache
 * @param snapshot the folder of its commit
 */
export async function linkBlob(folder: string, snapshot: string, { path, etag }: HubFile): Promise<void> {
  const place = join(snapshot, path);
  if (await exists(place)) return;
  await Deno.mkdir(dirname(place), { recursive: true });
  await Deno.remove(place).catch(() => {}); // a link that leads nowhere
  const up = "../".repeat(path.split("/").length + 1);
  try {
    await Deno.symlink(`${up}blobs/${etag}`, place, { type: "file" });
  } catch (error) {
    if (Deno.build.os !== "windows") throw error;
    await Deno.copyFile(join(folder, "blobs", etag), place); // Windows allows links to developers only
  }
}

/**
 * Checks that the disk has room for files, of which parts may be there.
 *
 * @throws {InputError} where it has not.
 */
export async function checkSpace(folder: string, files: readonly HubFile[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const bytes = files.reduce((sum, { size }) => sum + size, 0) - await bytesOfParts(folder, files);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const megabytes = (count: number): string => (count / 1e6).toFixed(1);
  throw new InputError(
    `Cannot fetch the model as ${megabytes(bytes)} MB are needed at '${folder}' and ${
      megabytes(bavail * bsize)
    } MB are ` +
      `free: free some space, or name another folder in HF_HOME.`,
  );
}

async function bytesOfParts(folder: string, files: readonly HubFile[]): Promise<number> {
  let bytes = 0;
  for (const { etag } of files) {
    const part = join(folder, "blobs", `${etag}.incomplete`);
    if (await exists(part)) bytes += (await Deno.stat(part)).size;
  }
  return bytes;
}
