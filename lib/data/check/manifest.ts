/**
 * What a check of a data set found, for later runs.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "@std/path";
import { type ManifestLine, readManifestLines } from "./manifest_lines.ts";

/** Where checks are kept, below the working folder. */
export const CHECKS_FOLDER = join("runs", "checks");

/** What was seen of a data set's files. */
export interface Manifest {
  /** The folder of the check: `runs/checks/DATASET-HASH`. */
  folder: string;
  /** How many files the check saw; 0 where there was no check. */
  size: number;
  /**
   * Why a file cannot be used, in a sentence; undefined where it can, where it was never looked at, and where it changed
   * since (its size, its time of change, or whether it is there at all). Takes one look at the file's size and time, none
   * at its content.
   */
  problemOf(file: string): Promise<string | undefined>;
  /** Length of a recording as the check measured it; undefined where that is not known. Touches no file. */
  secondsOf(file: string): number | undefined;
}

/**
 * Opens what `data check` kept of a data set: an empty manifest where it was never checked. Damaged lines are passed over.
 *
 * @example
 * ```ts
 * import { openManifest } from "./manifest.ts";
 * const manifest = await openManifest("flickr8k", "data/never-checked");
 * const problem = await manifest.problemOf("data/never-checked/flickr_audio/wavs/a_0.wav");
 * if (problem !== undefined || manifest.size !== 0) throw new Error("known from where?");
 * ```
 *
 * @param dataset `"flickr8k"`, `"spokencoco"`, `"ln-coco"`, `"ravdess"` or `"own"`
 * @param root the data set's folder; of `"own"` its JSON-lines or CSV file
 * @param checks the folder of all checks. Default {@link CHECKS_FOLDER}.
 */
export async function openManifest(dataset: string, root: string, checks: string = CHECKS_FOLDER): Promise<Manifest> {
  const folder = join(checks, await checkName(dataset, root));
  const base = baseOf(dataset, root);
  const { lines } = await readManifestLines(join(folder, "manifest.jsonl"));
  return {
    folder,
    size: lines.size,
    async problemOf(file) {
      const line = lines.get(nameBelow(base, file));
      if (line?.problem === undefined) return undefined;
      const stamp = await stampOf(file).catch(() => undefined); // a file that the system refuses has none
      return isUnchanged(line, stamp) ? line.problem.reason : undefined;
    },
    secondsOf: (file) => lines.get(nameBelow(base, file))?.seconds,
  };
}

/** The name of a check's folder: the data set and twelve digits of a hash of its absolute place. */
export async function checkName(dataset: string, root: string): Promise<string> {
  const bytes = new TextEncoder().encode(resolve(root));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `${dataset}-${digest.subarray(0, 6).toHex()}`;
}

/** The folder to which a manifest's paths are relative: the data set's own, or that of the file which lists one's own data. */
export function baseOf(dataset: string, root: string): string {
  return dataset === "own" ? dirname(resolve(root)) : resolve(root);
}

/** A file's name in the manifest: its path from the base on, with `/` between its parts. */
export function nameBelow(base: string, file: string): string {
  return relative(base, resolve(file)).replaceAll("\\", "/");
}

/** What tells without reading it that a file is the same. */
export interface FileStamp {
  /** Bytes. */
  size: number;
  /** Time of the last change in milliseconds since 1970; 0 where the file system tells none. */
  mtime: number;
}

/** Size and time of the last change; undefined where there is no file at the path. */
export async function stampOf(file: string): Promise<FileStamp | undefined> {
  try {
    const { isFile, size, mtime } = await Deno.stat(file);
    return isFile ? { size, mtime: mtime?.getTime() ?? 0 } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** Whether a file is as it was when its line was written. */
export function isUnchanged(line: ManifestLine, stamp: FileStamp | undefined): boolean {
  return line.size === stamp?.size && line.mtime === stamp?.mtime;
}
