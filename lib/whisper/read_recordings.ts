/**
 * Reads, hashes and decodes recordings ahead of their use, in a worker.
 */
import { AudioError, type AudioProblem, readAudio, readAudioParts } from "../audio/read_audio.ts";
import { joinParts } from "../audio/resample.ts";
import { messageOf } from "../errors.ts";
import { sha256OfFile } from "../files/checksum.ts";
import { isAbsence } from "../files/read.ts";
import { WorkerCalls } from "../worker_calls.ts";
import type { FileStamp } from "./store/line.ts";

/** Samples of the longest recording that is held in memory: 2 minutes. */
const LONGEST = 120 * 16000;

/**
 * A recording that was read; `content` is the SHA-256 of its file. Known contents are not decoded. A `long` recording was
 * decoded and checked, but not kept.
 */
export type ReadRecording =
  | FileStamp & { content: string; samples: Float32Array }
  | FileStamp & { content: string; long: true }
  | FileStamp & { content: string; known: true }
  | FileStamp & { content: string; problem: string; kind: AudioProblem }
  | { file: string; problem: string; kind: AudioProblem };

/** A call of the worker: contents that it need not decode, or a file to read. */
export type ReadOrder = { known: readonly string[] } | { file: string };

/**
 * Reads recordings in the given order. Another thread decodes up to `ahead` of them before they are used, while Whisper runs.
 *
 * @param known contents that need not be decoded
 */
export async function* readAhead(
  files: readonly string[],
  ahead: number,
  known: readonly string[] = [],
): AsyncGenerator<ReadRecording> {
  if (files.length === 0) return;
  const worker = new WorkerCalls<ReadOrder, ReadRecording | undefined>(import.meta.resolve("./read_worker.ts"));
  const pending: Promise<ReadRecording | undefined>[] = [];
  let asked = 0;
  const ask = () => {
    const answer = worker.ask({ file: files[asked++] as string });
    answer.catch(() => {}); // the caller that awaits it gets the failure
    pending.push(answer);
  };
  try {
    if (known.length > 0) await worker.ask({ known });
    while (asked < Math.min(ahead, files.length)) ask();
    while (pending.length > 0) {
      const next = await pending.shift() as ReadRecording;
      if (asked < files.length) ask();
      yield next;
    }
  } finally {
    worker.end();
  }
}

/** Size and time of the last change of a file; undefined if it is missing. */
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
 * Reads and decodes a recording. A recording that is missing or cannot be used is returned with its problem.
 *
 * @param known contents that need not be decoded
 */
export async function readRecording(file: string, known: ReadonlySet<string> = new Set()): Promise<ReadRecording> {
  const stamp = await stampOf(file);
  try {
    // No regular file: readAudio says whether it is missing, a folder or a pipe.
    if (stamp === undefined) {
      return {
        file,
        problem: await readAudio(file).then(
          () => `Cannot read audio '${file}' as it has just appeared: run the command again.`,
          messageOf,
        ),
        kind: "missing",
      };
    }
    const read = { ...stamp, content: await sha256OfFile(file) };
    if (known.has(read.content)) return { ...read, known: true };
    try {
      const parts: Float32Array[] = [];
      let length = 0;
      for await (const part of readAudioParts(file)) {
        length += part.length;
        if (length > LONGEST) parts.length = 0;
        else parts.push(part);
      }
      return length > LONGEST ? { ...read, long: true } : { ...read, samples: joinParts(parts) };
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

/** Why an existing file cannot be read; undefined if another cause than the file is to blame. */
function unreadable(error: unknown): string | undefined {
  if (isAbsence(error)) return "it was removed during reading";
  if (error instanceof Deno.errors.PermissionDenied) return "its owner does not let this user read it: change its mode";
  if (error instanceof Error && (error as { code?: unknown }).code === "EIO") {
    return "the disk fails at it: copy it again";
  }
  return undefined;
}
