/**
 * The stored results of a recording.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import type { AudioProblem } from "../../audio/read_audio.ts";
import { framesOf } from "../windows.ts";

/** Why a recording was not transcribed: its file is bad, or Whisper failed on it twice. */
export type SpeechProblemKind = AudioProblem | "whisper";

/** Identifies a file without reading it. */
export interface FileStamp {
  file: string;
  /** In bytes. */
  size: number;
  /** Time of the last change, in milliseconds. */
  changed: number;
}

/** A line of the index. It has a transcript or a problem; `frames` to `sum` are present if states are stored. */
export interface StoredLine extends FileStamp {
  /** SHA-256 of the file. */
  content: string;
  text?: string | undefined;
  /** The mean log-probability of the transcript's tokens; earlier versions did not store it. */
  confidence?: number | undefined;
  /** Further transcripts, drawn from the token probabilities, if some were asked for. */
  others?: string[] | undefined;
  /** Length of the recording at 16 kHz. */
  samples?: number | undefined;
  frames?: number | undefined;
  width?: number | undefined;
  /** The part that has the states. */
  part?: string | undefined;
  /** Where the states begin in it, in values. */
  offset?: number | undefined;
  /** CRC-32 of the states. */
  sum?: number | undefined;
  /** Why the recording could not be used, in a sentence. */
  problem?: string | undefined;
  kind?: SpeechProblemKind | undefined;
}

const whole = z.number().int().min(0);

const schema = z.object({
  file: z.string(),
  size: whole,
  changed: z.number(),
  content: z.string(),
  text: z.string().optional(),
  confidence: z.number().max(0).optional(),
  others: z.array(z.string()).optional(),
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

/** Formats a line as JSON with a checksum of its other fields. */
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

/** The number of values in the states of a line. */
export function valuesOf({ frames = 0, width = 0 }: StoredLine): number {
  return frames * width;
}

/** The results that a recording needs. */
export interface Wanted {
  /** Whether it needs states. */
  states: boolean;
  /** Whether it needs the transcript's confidence. Default false. */
  confidence?: boolean | undefined;
  /** How many transcripts it needs. Default 1. */
  transcripts?: number | undefined;
  /** States cover this many seconds from the beginning. */
  maxSeconds: number;
  /** The fewest frames, padding included. Default 1. */
  minFrames?: number | undefined;
}

/** Whether a line has all wanted results. */
export function isEnough(line: StoredLine, wanted: Wanted): boolean {
  return line.problem !== undefined || isDecoded(line, wanted) && hasStates(line, wanted);
}

/** Whether a line has everything that the decoder gives. More transcripts serve for fewer. */
export function isDecoded({ text, confidence, others = [] }: StoredLine, wanted: Wanted): boolean {
  if (text === undefined || wanted.confidence && confidence === undefined) return false;
  return others.length >= (wanted.transcripts ?? 1) - 1;
}

/** Whether a line has the wanted states. Those for more seconds serve for fewer. */
export function hasStates(
  { frames = 0, samples = 0 }: StoredLine,
  { states, maxSeconds, minFrames }: Wanted,
): boolean {
  return !states || frames >= framesOf(samples, maxSeconds, minFrames);
}

/**
 * Of two lines about the same content, the one with more states; the first if both have as many. It has the confidence of
 * either, and the more transcripts.
 */
export function richer(a: StoredLine | undefined, b: StoredLine): StoredLine {
  const worth = (line: StoredLine): number => line.problem !== undefined ? -1 : line.frames ?? 0;
  if (a === undefined) return b;
  const [rich, other] = worth(b) > worth(a) ? [b, a] : [a, b];
  if (rich.text === undefined) return rich;
  const confidence = rich.confidence ?? other.confidence;
  const others = (other.others?.length ?? 0) > (rich.others?.length ?? 0) ? other.others : rich.others;
  if (confidence === rich.confidence && others === rich.others) return rich;
  return { ...rich, confidence, ...(others && { others }) };
}
