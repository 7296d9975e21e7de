/**
 * The lines of a manifest: what a check saw of each file.
 *
 * @module
 */
import { z } from "zod";

/** The version of the checks. Lines of another one are not taken over: their files are looked at again. */
export const MANIFEST_VERSION = 1;

/** A longer line is damage. */
const LONGEST_LINE = 1 << 20;
const CHUNK = 1 << 20;

const size = z.int().nonnegative();

/** The schema of a line of `manifest.jsonl`. Unknown fields are refused. */
export const manifestLineSchema = z.strictObject({
  /** {@link MANIFEST_VERSION}. */
  version: z.literal(MANIFEST_VERSION),
  /** The file, relative to the data set's folder, with `/` between its parts. */
  file: z.string().min(1),
  /** What the data set says that it is. */
  kind: z.enum(["recording", "picture"]),
  /** Bytes; absent where the file is missing. */
  size: size.optional(),
  /** Time of the last change in milliseconds since 1970; absent where the file is missing. */
  mtime: z.number().optional(),
  /** Content hash in hexadecimal digits; absent where the file could not be read. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  /** The format of the content, such as `"wav"` or `"jpeg"`. */
  format: z.string().optional(),
  /** Length of a recording. */
  seconds: z.number().nonnegative().optional(),
  /** Samples a second of a recording, as stored. */
  rate: z.number().positive().optional(),
  /** Channels of a recording, as stored. */
  channels: size.optional(),
  /** Pixels of a picture, across, turned as its orientation says. */
  width: size.optional(),
  /** Pixels of a picture, down. */
  height: size.optional(),
  /** Why the file cannot be used: a word and a sentence. Absent where it can. */
  problem: z.strictObject({ kind: z.string().min(1), reason: z.string() }).optional(),
  /** What is odd about a file that can be used. */
  warnings: z.array(z.string()).optional(),
});

/** A line of `manifest.jsonl`: a file, and what a check saw of it. */
export type ManifestLine = z.infer<typeof manifestLineSchema>;

/** The lines of a manifest, and whether the file holds anything else. */
export interface ManifestLines {
  /** The last good line of each file, by its path. */
  lines: Map<string, ManifestLine>;
  /** Whether every line is good, the last is finished, and no file has two. */
  clean: boolean;
}

/**
 * Reads `manifest.jsonl`. Lines that are damaged, unfinished or of another version are passed over; of several lines about
 * a file the last counts. A missing manifest is an empty one.
 */
export async function readManifestLines(path: string): Promise<ManifestLines> {
  const lines = new Map<string, ManifestLine>();
  let clean = true;
  for await (const text of wholeLines(path)) {
    const line = text === undefined ? undefined : parseManifestLine(text);
    if (line === undefined || lines.has(line.file)) clean = false;
    if (line !== undefined) lines.set(line.file, line);
  }
  return { lines, clean };
}

/** A line that was read; undefined where it is damaged or of another version. */
export function parseManifestLine(text: string): ManifestLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return manifestLineSchema.safeParse(value).data;
}

/** The finished lines of a file; undefined for each that is too long, is no UTF-8, or was not finished. */
async function* wholeLines(path: string): AsyncGenerator<string | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
    throw error;
  }
  using _closed = file;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const chunk = new Uint8Array(CHUNK);
  let rest = new Uint8Array(0);
  let tooLong = false; // the line's beginning was thrown away
  for (let read = await file.read(chunk); read !== null; read = await file.read(chunk)) {
    let start = 0;
    for (let stop = chunk.indexOf(10, 0); stop >= 0 && stop < read; stop = chunk.indexOf(10, start)) {
      yield tooLong ? undefined : decoded(decoder, joined(rest, chunk.subarray(start, stop)));
      [rest, tooLong, start] = [new Uint8Array(0), false, stop + 1];
    }
    rest = joined(rest, chunk.subarray(start, read));
    if (rest.length > LONGEST_LINE) [rest, tooLong] = [new Uint8Array(0), true];
  }
  if (rest.length > 0 || tooLong) yield undefined;
}

function joined(first: Uint8Array<ArrayBuffer>, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function decoded(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
