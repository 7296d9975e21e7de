/**
 * A recording with what tells its content from another one's.
 *
 * @module
 */
import { AudioError, decodeAudio } from "../audio/read_audio.ts";
import { sha256 } from "./whisper_files.ts";

/** A recording that was read; `content` is the SHA-256 of its file. */
export type ReadRecording =
  | { file: string; size: number; changed: number; content: string; samples: Float32Array }
  | { file: string; size: number; changed: number; content: string; problem: string }
  | { file: string; problem: string };

/** Size and time of the last change of a file; undefined where there is none. */
export async function stampOf(file: string): Promise<{ size: number; changed: number } | undefined> {
  try {
    const { isFile, size, mtime } = await Deno.stat(file);
    return isFile ? { size, changed: mtime?.getTime() ?? 0 } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** Reads and decodes a recording; one that is missing or cannot be used comes back with its problem instead. */
export async function readForHearing(file: string): Promise<ReadRecording> {
  const stamp = await stampOf(file);
  if (stamp === undefined) {
    return {
      file,
      problem: new AudioError(file, "missing", "there is no such file: check the data set's folder").message,
    };
  }
  const bytes = await Deno.readFile(file);
  const known = { file, ...stamp, content: await sha256(bytes) };
  try {
    return { ...known, samples: await decodeAudio(bytes, file) };
  } catch (error) {
    if (error instanceof AudioError) return { ...known, problem: error.message };
    throw error;
  }
}
