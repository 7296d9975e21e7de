/**
 * Disk space.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "@std/path";
import { exists } from "./read.ts";

/** The error numbers of Linux, macOS and Windows for no space, an exceeded quota, and a file that must not grow. */
const FULL: ReadonlySet<number> = new Set([27, 28, 69, 112, 122]);

/** Whether writing failed because the disk is full. Deno sets the `code` of only some of these errors. */
export function isDiskFull(error: unknown): boolean {
  const number = error instanceof Error ? /\(os error (\d+)\)/.exec(error.message)?.[1] : undefined;
  return number !== undefined && FULL.has(Number(number));
}

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
