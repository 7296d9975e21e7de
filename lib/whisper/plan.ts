/**
 * How much is still to be transcribed, and whether it fits on the disk: printed before the work begins.
 *
 * @module
 */
import { readAudio } from "../audio/read_audio.ts";
import { InputError } from "../errors.ts";
import { formatBytes, freeSpace } from "../files/disk.ts";

/** Recordings that are decoded to estimate the length of the others. */
const DECODED = 16;

/** Bytes of a line of the index, about. */
const LINE = 450;

/** What is still to be done. */
export interface TranscriptionPlan {
  /** Recordings still to be transcribed. */
  recordings: number;
  /** Their length together, measured or estimated; undefined if neither was possible. */
  seconds: number | undefined;
  /** How many lengths are known; if not all, `seconds` is an estimate. */
  known: number;
  /** Bytes that the states and lines will take; 0 if nothing is stored. */
  bytes: number;
  /** Free bytes on the disk; undefined if unknown. */
  free: number | undefined;
}

/** Options of {@link planTranscription}. */
export interface PlanOptions {
  /** The folder of the store; without it nothing is stored. */
  folder?: string | undefined;
  /** Whether states are stored. */
  states: boolean;
  /** Width of a state. */
  width: number;
  /** Seconds of a recording of which states are stored. */
  maxSeconds: number;
  /** At least so many frames of each recording. Default 1. */
  minFrames?: number | undefined;
}

/**
 * Plans the transcription of recordings. If lengths are not known, a few recordings are decoded, and the others count with
 * their mean.
 */
export async function planTranscription(
  open: readonly { audio: string; seconds?: number | undefined }[],
  { folder, states, width, maxSeconds, minFrames = 1 }: PlanOptions,
): Promise<TranscriptionPlan> {
  const known = open.flatMap(({ seconds }) => seconds ?? []);
  const unknown = open.filter(({ seconds }) => seconds === undefined).map(({ audio }) => audio);
  const seen = known.length > 0 && unknown.length === 0 ? known : [...known, ...await lengthsOf(spread(unknown))];
  const each = (value: (seconds: number) => number): number =>
    known.reduce((sum, seconds) => sum + value(seconds), 0) +
    (unknown.length === 0 ? 0 : unknown.length * seen.reduce((sum, seconds) => sum + value(seconds), 0) / seen.length);
  const seconds = open.length > 0 && seen.length === 0 ? undefined : each((length) => length);
  const frames = seconds === undefined
    ? 0
    : each((length) => Math.max(minFrames, 50 * Math.min(length, maxSeconds) + 1));
  return {
    recordings: open.length,
    seconds,
    known: known.length,
    bytes: folder === undefined ? 0 : Math.ceil(LINE * open.length + (states ? 2 * width * frames : 0)),
    free: folder === undefined ? undefined : await freeSpace(folder),
  };
}

/** The plan in a line. */
export function describePlan({ recordings, seconds, known, bytes, free }: TranscriptionPlan): string {
  const hours = seconds === undefined
    ? "of unknown length"
    : `${known < recordings ? "about " : ""}${(seconds / 3600).toFixed(2)} h`;
  const storing = bytes === 0
    ? "nothing is stored"
    : `about ${formatBytes(bytes)} to store${free === undefined ? "" : `, ${formatBytes(free)} free`}`;
  return `to transcribe: ${recordings} recordings, ${hours}; ${storing}`;
}

/**
 * Checks that what will be stored fits on the disk.
 *
 * @throws {InputError} where it does not.
 */
export function checkDiskSpace({ bytes, free, recordings }: TranscriptionPlan, folder: string): void {
  if (free === undefined || bytes <= free) return;
  throw new InputError(
    `Cannot store transcripts and encoder states in '${folder}' as about ${
      formatBytes(bytes)
    } are needed for ${recordings} ` +
      `recordings and ${formatBytes(free)} are free. Free some space, put 'runs' on a larger disk, encode less of ` +
      "long recordings (--audio-seconds), or store nothing (--no-cache).",
  );
}

function spread(files: readonly string[]): string[] {
  const count = Math.min(DECODED, files.length);
  return Array.from({ length: count }, (_, i) => files[Math.floor((i + 0.5) * files.length / count)] as string);
}

/** Seconds of those files that can be used. */
async function lengthsOf(files: readonly string[]): Promise<number[]> {
  const lengths: number[] = [];
  for (const file of files) {
    try {
      lengths.push((await readAudio(file)).length / 16000);
    } catch {
      continue; // reported when it is transcribed
    }
  }
  return lengths;
}
