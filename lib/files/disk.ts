/**
 * Disk space.
 */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "@std/path";
import { exists } from "./read.ts";

/**
 * Free bytes on the disk of a folder, which may not exist yet. Undefined without the permission `--allow-sys=statfs`.
 */
export async function freeSpace(folder: string): Promise<number | undefined> {
  let place = resolve(folder);
  while (!await exists(place) && dirname(place) !== place) place = dirname(place);
  try {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** A size with a decimal unit: `"950 B"`, `"12.3 MB"`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}
