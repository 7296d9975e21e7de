/**
 * One look at a file of a data set: its size, time and hash, and its content decoded whole.
 *
 * @module
 */
import { AudioError } from "../../audio/read_audio.ts";
import { inspectAudio } from "../../audio/inspect.ts";
import { inspectPicture } from "../../image/inspect.ts";
import { PictureError } from "../../image/picture_error.ts";
import { messageOf } from "../../errors.ts";
import { stampOf } from "./manifest.ts";
import type { ManifestLine } from "./manifest_lines.ts";

/** A file that a data set lists. */
export interface ListedFile {
  /** Its path. */
  path: string;
  /** What the data set says that it is. */
  kind: ManifestLine["kind"];
}

/** What was seen of a file: a line of the manifest but for its name. */
export type Look = Omit<ManifestLine, "version" | "file" | "kind">;

/** A file of more bytes is not read. */
const MOST_BYTES = 2 ** 30;

/**
 * Problems that may be gone although the file is the same: the next check looks again.
 */
export const PASSING: ReadonlySet<string> = new Set(["unreadable", "stuck", "crashed"]);

/** Looks at a file. Whatever is wrong with it becomes its `problem`; nothing is thrown for a bad file. */
export async function lookAt({ path, kind }: ListedFile): Promise<Look> {
  let bytes: Uint8Array<ArrayBuffer>;
  let stamp: { size: number; mtime: number };
  try {
    const found = await stampOf(path);
    if (found === undefined) {
      const reason = `Cannot read ${kind} '${path}' as there is no such file. Copy or fetch it again.`;
      return { problem: { kind: "missing", reason } };
    }
    stamp = found;
    if (stamp.size > MOST_BYTES) {
      const reason = `Cannot read ${kind} '${path}' as it has ${stamp.size} bytes: expected at most ${MOST_BYTES}.`;
      return { ...stamp, problem: { kind: "too-large", reason } };
    }
    bytes = await Deno.readFile(path);
  } catch (error) {
    const reason = `Cannot read ${kind} '${path}' as the system refuses it: ${messageOf(error)}.`;
    return { problem: { kind: "unreadable", reason } };
  }
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return { ...stamp, sha256, ...await inspected(bytes, path, kind) };
}

async function inspected(bytes: Uint8Array, path: string, kind: ManifestLine["kind"]): Promise<Look> {
  try {
    if (kind === "recording") {
      const { format, seconds, sampleRate, channels, warnings } = await inspectAudio(bytes, path);
      return { format, seconds, rate: sampleRate, channels, ...withWarnings(warnings) };
    }
    const { format, width, height, warnings } = await inspectPicture(bytes, path);
    return { format, width, height, ...withWarnings(warnings) };
  } catch (error) {
    if (!(error instanceof AudioError || error instanceof PictureError)) throw error;
    return { problem: { kind: error.problem, reason: error.message } };
  }
}

function withWarnings(warnings: string[]): Pick<Look, "warnings"> {
  return warnings.length === 0 ? {} : { warnings };
}
