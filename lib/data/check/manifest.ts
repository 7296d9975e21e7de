/** The manifest of a check: a line for each file, written by `data check` and read by later runs. */
import { dirname, join, relative, resolve } from "@std/path";
import { z } from "zod";
import { makeFolder, removeTemporary } from "../../files/atomic.ts";
import { sha256 } from "../../files/checksum.ts";
import { openAppended, readLines, writeJsonLines } from "../../files/json_lines.ts";
import { type HeldLocks, holdLocks } from "../../files/lock.ts";
import { checkPlace } from "../../files/place.ts";
import { writing } from "../../files/system_error.ts";

export const CHECKS_FOLDER = join("runs", "checks");

/** Version of the checks. Lines of another version are dropped, so that their files are inspected again. */
export const MANIFEST_VERSION = 1;

/** Longer lines are damaged. */
const LONGEST_LINE = 1 << 20;

const size = z.int().nonnegative();

export const manifestLineSchema = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  /** Relative to the data set's folder, with `/` as separator. */
  file: z.string().min(1),
  kind: z.enum(["recording", "picture"]),
  /** Bytes. Absent, like `mtime`, if the file is missing. */
  size: size.optional(),
  /** Time of the last change in milliseconds since 1970. */
  mtime: z.number().optional(),
  /** Absent if the file could not be read. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  /** The format of the content, such as `"wav"` or `"jpeg"`. */
  format: z.string().optional(),
  seconds: z.number().nonnegative().optional(),
  /** Sample rate in Hz, as stored. */
  rate: z.number().positive().optional(),
  channels: size.optional(),
  /** Pixels of an image after its orientation is applied. */
  width: size.optional(),
  height: size.optional(),
  /** Why the file cannot be used. */
  problem: z.strictObject({ kind: z.string().min(1), reason: z.string() }).optional(),
  /** Oddities of a file that can be used. */
  warnings: z.array(z.string()).optional(),
});

/** A line of `manifest.jsonl`: the facts about a file. */
export type ManifestLine = z.infer<typeof manifestLineSchema>;

/** The facts about a data set's files. */
export interface Manifest {
  /** The folder of the check: `runs/checks/DATASET-HASH`. */
  folder: string;
  /** Number of checked files. 0 if there was no check. */
  size: number;
  /**
   * Why a file cannot be used. Undefined if it can, if it was never checked, or if it has changed since. Reads the file's
   * size and time only.
   */
  problemOf(file: string): Promise<string | undefined>;
  /** Length of a recording as the check measured it, if it is known. Reads no file. */
  secondsOf(file: string): number | undefined;
}

/**
 * Opens the manifest of a data set. It is empty if the data set was never checked. Damaged lines are skipped.
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
      const stamp = await stampOf(file).catch(() => undefined); // not readable
      return isUnchanged(line, stamp) ? line.problem.reason : undefined;
    },
    secondsOf: (file) => lines.get(nameBelow(base, file))?.seconds,
  };
}

/** The name of a check's folder: the data set, and twelve digits of a hash of its absolute path. */
export async function checkName(dataset: string, root: string): Promise<string> {
  return `${dataset}-${(await sha256(resolve(root))).slice(0, 12)}`;
}

/** The folder to which a manifest's paths are relative: the data set's own, or that of the table of own data. */
export function baseOf(dataset: string, root: string): string {
  return dataset === "own" ? dirname(resolve(root)) : resolve(root);
}

/** A file's name in the manifest. */
export function nameBelow(base: string, file: string): string {
  return relative(base, resolve(file)).replaceAll("\\", "/");
}

/** Shows without reading a file whether it has changed. */
export interface FileStamp {
  size: number;
  /** Milliseconds since 1970, or 0 if the file system has no times. */
  mtime: number;
}

/** Size and time of the last change, or undefined if there is no such file. */
export async function stampOf(file: string): Promise<FileStamp | undefined> {
  try {
    const { isFile, size, mtime } = await Deno.stat(file);
    return isFile ? { size, mtime: mtime?.getTime() ?? 0 } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** Whether a file is unchanged since its line was written. */
export function isUnchanged(line: ManifestLine, stamp: FileStamp | undefined): boolean {
  return line.size === stamp?.size && line.mtime === stamp?.mtime;
}

/**
 * Reads `manifest.jsonl`. Lines that are damaged, unfinished or of another version are skipped. The last of several lines
 * about a file counts. A missing manifest is empty.
 *
 * @returns the last good line of each file, and whether there are no other whole lines
 */
export async function readManifestLines(path: string): Promise<{ lines: Map<string, ManifestLine>; clean: boolean }> {
  const lines = new Map<string, ManifestLine>();
  let clean = true;
  for await (const { text, whole } of readLines(path, LONGEST_LINE)) {
    const line = whole && text !== undefined ? parseManifestLine(text) : undefined;
    if (whole && (line === undefined || lines.has(line.file))) clean = false;
    if (line !== undefined) lines.set(line.file, line);
  }
  return { lines, clean };
}

/** Parses a line. Undefined if it is damaged or of another version. */
export function parseManifestLine(text: string): ManifestLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return manifestLineSchema.safeParse(value).data;
}

/** Milliseconds after which a check reports that it waits for another one. */
const PATIENCE = 1000;

/** A manifest to which a check adds lines. The process may be killed at any moment. */
export class ManifestWriter implements Disposable {
  private constructor(
    private readonly locks: HeldLocks,
    private readonly file: Deno.FsFile,
    private readonly lines: Map<string, ManifestLine>,
  ) {}

  /**
   * Opens `manifest.jsonl` in a check's folder, and creates the folder if it is missing. Other checks of the data set wait
   * until it is closed. Damaged, unfinished or superseded lines are removed.
   *
   * @param tell prints that it waits for another check
   */
  static async open(folder: string, tell: (line: string) => void): Promise<ManifestWriter> {
    await checkPlace(folder);
    await writing(folder, () => makeFolder(folder));
    let notice: ReturnType<typeof setTimeout> | undefined;
    const onWait = (): void => {
      notice = setTimeout(() => tell(`another check works in ${folder}: waiting for it`), PATIENCE);
    };
    const locks = await holdLocks([{ path: join(folder, "lock"), exclusive: true }], { onWait });
    clearTimeout(notice);
    try {
      const path = join(folder, "manifest.jsonl");
      const { lines, clean } = await readManifestLines(path);
      await removeTemporary(folder, { deep: false });
      if (!clean) await writeJsonLines(path, [...lines.values()]);
      return new ManifestWriter(locks, await openAppended(path), lines);
    } catch (error) {
      locks[Symbol.dispose]();
      throw error;
    }
  }

  /** The last line about a file. */
  get(file: string): ManifestLine | undefined {
    return this.lines.get(file);
  }

  /** Appends a line to the file before it returns. */
  add(line: ManifestLine): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    for (let done = 0; done < bytes.length;) done += this.file.writeSync(bytes.subarray(done));
    this.lines.set(line.file, line);
  }

  [Symbol.dispose](): void {
    this.file.close();
    this.locks[Symbol.dispose]();
  }
}
