/**
 * The estimate before a transcription: how much is left to do, and whether it fits on the disk.
 */
import { inspectAudioFile } from "../audio/read_audio.ts";
import { InputError } from "../errors.ts";
import { formatBytes, freeSpace } from "../files/disk.ts";
import type { Wanted } from "./store/line.ts";

/** How many recordings are decoded to estimate the length of the others. */
const DECODED = 16;

/** The approximate bytes of a line of the index. */
const LINE = 450;

/** The recordings that are left to transcribe. */
export interface TranscriptionPlan {
  recordings: number;
  /** Their total length, measured or estimated; undefined if neither was possible. */
  seconds: number | undefined;
  /** How many lengths are known; if not all, `seconds` is an estimate. */
  known: number;
  /** Bytes that the states and lines will need; 0 if nothing is stored. */
  bytes: number;
  /** Free bytes on the disk; undefined if unknown. */
  free: number | undefined;
}

/**
 * Plans the transcription of recordings. If lengths are unknown, it decodes a few recordings and uses their mean for the others.
 *
 * @param options `folder` of the store: without it nothing is stored. `width` of a state.
 */
export async function planTranscription(
  open: readonly { audio: string; seconds?: number | undefined }[],
  { folder, states, width, maxSeconds, minFrames = 1 }: Wanted & { folder?: string | undefined; width: number },
): Promise<TranscriptionPlan> {
  const known = open.flatMap(({ seconds }) => seconds ?? []);
  const unknown = open.filter(({ seconds }) => seconds === undefined).map(({ audio }) => audio);
  const seen = [...known, ...await measureSome(unknown)];
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

/** Describes the plan in a line. */
export function describePlan({ recordings, seconds, known, bytes, free }: TranscriptionPlan): string {
  const hours = seconds === undefined
    ? "of unknown length"
    : `${known < recordings ? "about " : ""}${(seconds / 3600).toFixed(2)} h`;
  const storing = bytes === 0
    ? "nothing is stored"
    : `about ${formatBytes(bytes)} to store${free === undefined ? "" : `, ${formatBytes(free)} free`}`;
  return `to transcribe: ${recordings} recordings, ${hours}; ${storing}`;
}

/** Throws InputError if the results will not fit on the disk. */
export function checkDiskSpace({ bytes, free, recordings }: TranscriptionPlan, folder: string): void {
  if (free === undefined || bytes <= free) return;
  throw new InputError(
    `Cannot store transcripts and encoder states in '${folder}' as about ${formatBytes(bytes)} are needed for ` +
      `${recordings} recordings and ${formatBytes(free)} are free. Free some space, put 'runs' on a larger disk, ` +
      "encode less of long recordings (--audio-seconds), or store nothing (--no-cache).",
  );
}

/** The seconds of a few files, evenly spread; skips files that cannot be used. */
async function measureSome(files: readonly string[]): Promise<number[]> {
  const count = Math.min(DECODED, files.length);
  const lengths: number[] = [];
  for (let i = 0; i < count; i++) {
    const file = files[Math.floor((i + 0.5) * files.length / count)] as string;
    try {
      lengths.push((await inspectAudioFile(file)).seconds);
    } catch {
      continue; // reported when it is transcribed
    }
  }
  return lengths;
}
