/**
 * The manifest of a check: a line for each file, written by `data check` and read by later runs.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "@std/path";
import { z } from "zod";
import { writeAtomic } from "../../files/atomic.ts";
import { sha256 } from "../../files/checksum.ts";
import { readLines } from "../../files/json_lines.ts";
import { type HeldLocks, holdLocks } from "../../files/lock.ts";

/** Where checks are kept, below the working folder. */
export const CHECKS_FOLDER = join("runs", "checks");

/** The version of the checks. Lines of another one are dropped: their files are looked at again. */
export const MANIFEST_VERSION = 1;

/** A longer line is damage. */
const LONGEST_LINE = 1 << 20;

const size = z.int().nonnegative();

/** The schema of a line of `manifest.jsonl`. Unknown fields are refused. */
export const manifestLineSchema = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  /** The file, relative to the data set's folder, with `/` between its parts. */
  file: z.string().min(1),
  /** What the data set says that it is. */
  kind: z.enum(["recording", "picture"]),
  /** Bytes; absent if the file is missing. */
  size: size.optional(),
  /** Time of the last change in milliseconds since 1970; absent if the file is missing. */
  mtime: z.number().optional(),
  /** Content hash; absent if the file could not be read. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  /** The format of the content, such as `"wav"` or `"jpeg"`. */
  format: z.string().optional(),
  /** Length of a recording. */
  seconds: z.number().nonnegative().optional(),
  /** Samples a second of a recording, as stored. */
  rate: z.number().positive().optional(),
  /** Channels of a recording, as stored. */
  channels: size.optional(),
  /** Pixels of an image, across, turned as its orientation says. */
  width: size.optional(),
  /** Pixels of an image, down. */
  height: size.optional(),
  /** Why the file cannot be used: a word and a sentence. Absent if it can. */
  problem: z.strictObject({ kind: z.string().min(1), reason: z.string() }).optional(),
  /** What is odd about a file that can be used. */
  warnings: z.array(z.string()).optional(),
});

/** A line of `manifest.jsonl`: a file, and what a check saw of it. */
export type ManifestLine = z.infer<typeof manifestLineSchema>;

/** What was seen of a data set's files. */
export interface Manifest {
  /** The folder of the check: `runs/checks/DATASET-HASH`. */
  folder: string;
  /** How many files the check saw; 0 if there was no check. */
  size: number;
  /**
   * Why a file cannot be used, in a sentence; undefined if it can, if it was never looked at, and if it changed since (its
   * size, its time of change, or whether it exists). Asks for the file's size and time, never for its content.
   */
  problemOf(file: string): Promise<string | undefined>;
  /** Length of a recording as the check measured it; undefined if that is not known. Touches no file. */
  secondsOf(file: string): number | undefined;
}

/**
 * Opens what `data check` stored about a data set: an empty manifest if it was never checked. Damaged lines are skipped.
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
 * @param root the data set's folder; for `"own"` its JSON-lines or CSV file
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
  return `${dataset}-${(await sha256(resolve(root))).slice(0, 12)}`;
}

/** The folder to which a manifest's paths are relative: the data set's own, or that of the table of own data. */
export function baseOf(dataset: string, root: string): string {
  return dataset === "own" ? dirname(resolve(root)) : resolve(root);
}

/** A file's name in the manifest: its path from the base on, with `/` between its parts. */
export function nameBelow(base: string, file: string): string {
  return relative(base, resolve(file)).replaceAll("\\", "/");
}

/** What shows without reading a file that it is the same. */
export interface FileStamp {
  /** Bytes. */
  size: number;
  /** Time of the last change in milliseconds since 1970; 0 if the file system has none. */
  mtime: number;
}

/** Size and time of the last change; undefined if there is no file at the path. */
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

/**
 * Reads `manifest.jsonl`. Lines that are damaged, unfinished or of another version are skipped; of several lines about a file
 * the last counts. A missing manifest is an empty one.
 *
 * @returns the last good line of each file, and whether the manifest holds nothing else
 */
export async function readManifestLines(path: string): Promise<{ lines: Map<string, ManifestLine>; clean: boolean }> {
  const lines = new Map<string, ManifestLine>();
  let clean = true;
  for await (const { text, whole } of readLines(path, LONGEST_LINE)) {
    const line = whole && text !== undefined ? parseManifestLine(text) : undefined;
    if (line === undefined || lines.has(line.file)) clean = false;
    if (line !== undefined) lines.set(line.file, line);
  }
  return { lines, clean };
}

/** Parses a line; undefined if it is damaged or of another version. */
export function parseManifestLine(text: string): ManifestLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return manifestLineSchema.safeParse(value).data;
}

/** Milliseconds after which a check that waits for another one says so. */
const PATIENCE = 1000;

/** A manifest that a check fills, line by line, safe against being killed at any moment. */
export class ManifestWriter implements Disposable {
  private constructor(
    private readonly locks: HeldLocks,
    private readonly file: Deno.FsFile,
    private readonly lines: Map<string, ManifestLine>,
  ) {}

  /**
   * Opens `manifest.jsonl` of a check's folder, which is made if it is missing, and keeps other checks of the same set
   * waiting. If the file has damaged, unfinished or superseded lines, it is rewritten without them.
   *
   * @param tell takes a line for the user, if another check has to be waited for
   */
  static async open(folder: string, tell: (line: string) => void): Promise<ManifestWriter> {
    await Deno.mkdir(folder, { recursive: true });
    let notice: ReturnType<typeof setTimeout> | undefined;
    const onWait = (): void => {
      notice = setTimeout(() => tell(`another check works in ${folder}: waiting for it`), PATIENCE);
    };
    const locks = await holdLocks([{ path: join(folder, "lock"), exclusive: true }], { onWait });
    clearTimeout(notice);
    try {
      const path = join(folder, "manifest.jsonl");
      const { lines, clean } = await readManifestLines(path);
      if (!clean) await writeAtomic(path, lines.values().map(textOf).toArray().join(""));
      return new ManifestWriter(locks, await Deno.open(path, { append: true, create: true }), lines);
    } catch (error) {
      locks[Symbol.dispose]();
      throw error;
    }
  }

  /** The last line about a file. */
  get(file: string): ManifestLine | undefined {
    return this.lines.get(file);
  }

  /** Adds a line; it is in the file when this returns. */
  add(line: ManifestLine): void {
    const bytes = new TextEncoder().encode(textOf(line));
    for (let done = 0; done < bytes.length;) done += this.file.writeSync(bytes.subarray(done));
    this.lines.set(line.file, line);
  }

  /** Closes the file and lets other checks in. */
  [Symbol.dispose](): void {
    this.file.close();
    this.locks[Symbol.dispose]();
  }
}

function textOf(line: ManifestLine): string {
  return `${JSON.stringify(line)}\n`;
}
