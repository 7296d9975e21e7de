/**
 * A recording with what tells its content from another one's.
 *
 * @module
 */
import { isAbsence } from "../files/read.ts";
import { AudioError, type AudioProblem, decodeAudio } from "../audio/read_audio.ts";
import type { FileStamp } from "./store/line.ts";
import { sha256 } from "../files/checksum.ts";

/** A recording that was read; `content` is the SHA-256 of its file. One whose content is known is not decoded. */
export type ReadRecording =
  | FileStamp & { content: string; samples: Float32Array }
  | FileStamp & { content: string; known: true }
  | FileStamp & { content: string; problem: string; kind: AudioProblem }
  | { file: string; problem: string; kind: AudioProblem };

/** Size and time of the last change of a file; undefined where there is none. */
export async function stampOf(file: string): Promise<FileStamp | undefined> {
  try {
    const { isFile, size, mtime } = await Deno.stat(file);
    return isFile ? { file, size, changed: mtime?.getTime() ?? 0 } : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * Reads and decodes a recording; one that is missing or cannot be used comes back with its problem instead.
 *
 * @param known contents that need not be decoded
 */
export async function readForHearing(file: string, known: ReadonlySet<string> = new Set()): Promise<ReadRecording> {
  const stamp = await stampOf(file);
  if (stamp === undefined) {
    const { message } = new AudioError(file, "missing", "there is no such file: check the data set's folder");
    return { file, problem: message, kind: "missing" };
  }
  try {
    const bytes = await Deno.readFile(file);
    const read = { ...stamp, content: await sha256(bytes) };
    if (known.has(read.content)) return { ...read, known: true };
    try {
      return { ...read, samples: await decodeAudio(bytes, file) };
    } catch (error) {
      if (error instanceof AudioError) return { ...read, problem: error.message, kind: error.problem };
      throw error;
    }
  } catch (error) {
    const because = unreadable(error);
    if (because === undefined) throw error;
    return { file, problem: new AudioError(file, "missing", because).message, kind: "missing" };
  }
}

/** Why a file that is there cannot be read, where the file itself is at fault. */
function unreadable(error: unknown): string | undefined {
  if (isAbsence(error)) return "it was taken away while it was read";
  if (error instanceof Deno.errors.PermissionDenied) return "its owner does not let this user read it: change its mode";
  if (error instanceof Error && (error as { code?: unknown }).code === "EIO") {
    return "the disk fails at it: copy it again";
  }
  return undefined;
}
