/**
 * What is stored about a recording.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import type { AudioProblem } from "../../audio/read_audio.ts";
import { framesOf } from "../windows.ts";

/** Why a recording was not transcribed: a fault of its file, or `"whisper"` if Whisper failed on it twice. */
export type SpeechProblemKind = AudioProblem | "whisper";

/** A line of the index. */
export interface StoredLine {
  /** File of the recording. */
  file: string;
  /** Bytes of the file. */
  size: number;
  /** Time of its last change, in milliseconds. */
  changed: number;
  /** SHA-256 of its content. */
  content: string;
  /** The transcript; absent if the recording could not be used. */
  text?: string | undefined;
  /** Length of the recording in samples of 16 kHz. */
  samples?: number | undefined;
  /** Frames whose states are stored; absent where none are. */
  frames?: number | undefined;
  /** Width of a state. */
  width?: number | undefined;
  /** The part that holds the states. */
  part?: string | undefined;
  /** Where they begin in it, in values. */
  offset?: number | undefined;
  /** CRC-32 of their bytes. */
  sum?: number | undefined;
  /** Why the recording could not be used, in a sentence. */
  problem?: string | undefined;
  /** The same in a word. */
  kind?: SpeechProblemKind | undefined;
}

/** The stamp of a file, by which it is known again without reading it. */
export type FileStamp = Pick<StoredLine, "file" | "size" | "changed">;

const whole = z.number().int().min(0);

const schema = z.object({
  file: z.string(),
  size: whole,
  changed: z.number(),
  content: z.string(),
  text: z.string().optional(),
  samples: whole.optional(),
  frames: whole.min(1).optional(),
  width: whole.min(1).optional(),
  part: z.string().regex(/^part-[\w-]+$/).optional(),
  offset: whole.optional(),
  sum: whole.optional(),
  problem: z.string().optional(),
  kind: z.string().optional(),
  check: whole,
});

/** A line as it is stored: JSON with a checksum of its other fields. */
export function formatLine(line: StoredLine): string {
  return JSON.stringify({ ...line, check: crc32(JSON.stringify(line)) });
}

/** Reads a line; undefined if it is damaged, or has states without their location. */
export function parseLine(text: string): StoredLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data: stored } = schema.safeParse(value);
  if (stored === undefined) return undefined;
  const { check, ...data } = stored;
  if (crc32(JSON.stringify({ ...value as object, check: undefined })) !== check) return undefined;
  if ((data.text === undefined) === (data.problem === undefined)) return undefined;
  const location = [data.frames, data.width, data.part, data.offset, data.sum];
  const stated = location.filter((value) => value !== undefined).length;
  return stated === 0 || stated === location.length ? data as StoredLine : undefined;
}

/** How many values the states of a line have. */
export function valuesOf({ frames = 0, width = 0 }: StoredLine): number {
  return frames * width;
}

/** What a line must have. */
export interface Wanted {
  /** Whether states are needed. */
  states: boolean;
  /** For how many seconds from the beginning. */
  maxSeconds: number;
  /** At least so many frames of each recording, padding included. Default 1. */
  minFrames?: number | undefined;
}

/** Whether a line has all that is wanted. States for more seconds serve for fewer. */
export function isEnough(line: StoredLine, { states, maxSeconds, minFrames }: Wanted): boolean {
  if (line.problem !== undefined || !states) return true;
  return (line.frames ?? 0) >= framesOf(line.samples ?? 0, maxSeconds, minFrames);
}

/** The line of two about the same content that has more. */
export function richer(a: StoredLine, b: StoredLine): StoredLine {
  const worth = (line: StoredLine): number => line.problem !== undefined ? -1 : line.frames ?? 0;
  return worth(b) > worth(a) ? b : a;
}
