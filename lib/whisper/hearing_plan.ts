/**
 * How much is still to be heard, and whether it fits on the disk; told before the work begins.
 *
 * @module
 */
import { decodeAudio } from "../audio/read_audio.ts";
import { InputError } from "../errors.ts";
import { formatBytes, freeSpace } from "./store/disk.ts";

/** Recordings that are decoded to guess the length of the others. */
const DECODED = 16;

/** Bytes of a line of the index, about. */
const LINE = 450;

/** What is still to be done. */
export interface HearingPlan {
  /** Recordings still to be heard. */
  recordings: number;
  /** Their length together, measured or guessed; undefined where not even a guess could be made. */
  seconds: number | undefined;
  /** Of how many recordings the length is known; where it is not of all, `seconds` is a guess. */
  known: number;
  /** Bytes that the states and lines will take; 0 where nothing is stored. */
  bytes: number;
  /** Free bytes on the disk; undefined where that cannot be told. */
  free: number | undefined;
}

/** Options of {@link planHearing}. */
export interface PlanOptions {
  /** The folder of the store; without one nothing is stored. */
  folder?: string | undefined;
  /** Whether states are stored. */
  states: boolean;
  /** Width of a state. */
  width: number;
  /** Seconds of a recording of which states are stored. */
  maxSeconds: number;
  /** At least so many frames of each recording. Default 1. */
  leastFrames?: number | undefined;
}

/**
 * Plans the hearing of some recordings. Where lengths are not known, a few recordings are decoded, and the mean stands for
 * the others.
 */
export async function planHearing(
  open: readonly { audio: string; seconds?: number | undefined }[],
  { folder, states, width, maxSeconds, leastFrames = 1 }: PlanOptions,
): Promise<HearingPlan> {
  const known = open.flatMap(({ seconds }) => seconds ?? []);
  const unknown = open.filter(({ seconds }) => seconds === undefined).map(({ audio }) => audio);
  const seen = known.length > 0 && unknown.length === 0 ? known : [...known, ...await lengthsOf(spread(unknown))];
  const each = (value: (seconds: number) => number): number =>
    known.reduce((sum, seconds) => sum + value(seconds), 0) +
    (unknown.length === 0 ? 0 : unknown.length * seen.reduce((sum, seconds) => sum + value(seconds), 0) / seen.length);
  const seconds = open.length > 0 && seen.length === 0 ? undefined : each((length) => length);
  const frames = seconds === undefined
    ? 0
    : each((length) => Math.max(leastFrames, 50 * Math.min(length, maxSeconds) + 1));
  return {
    recordings: open.length,
    seconds,
    known: known.length,
    bytes: folder === undefined ? 0 : Math.ceil(LINE * open.length + (states ? 2 * width * frames : 0)),
    free: folder === undefined ? undefined : await freeSpace(folder),
  };
}

/** The plan in a line. */
export function describePlan({ recordings, seconds, known, bytes, free }: HearingPlan): string {
  const hours = seconds === undefined
    ? "of unknown length"
    : `${known < recordings ? "about " : ""}${(seconds / 3600).toFixed(2)} h`;
  const storing = bytes === 0
    ? "nothing is stored"
    : `about ${formatBytes(bytes)} to store${free === undefined ? "" : `, ${formatBytes(free)} free`}`;
  return `to hear: ${recordings} recordings, ${hours}; ${storing}`;
}

/**
 * Checks that what will be stored fits on the disk.
 *
 * @throws {InputError} where it does not.
 */
export function checkRoom({ bytes, free, recordings }: HearingPlan, folder: string): void {
  if (free === undefined || bytes <= free) return;
  throw new InputError(
    `Cannot store what Whisper hears in '${folder}' as about ${formatBytes(bytes)} are needed for ${recordings} ` +
      `recordings and ${formatBytes(free)} are free. Make room, put 'runs' on a larger disk, hear less of long ` +
      "recordings (--audio-seconds), or store nothing (--no-cache).",
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
      lengths.push((await decodeAudio(await Deno.readFile(file), file)).length / 16000);
    } catch {
      continue; // told when it is heard
    }
  }
  return lengths;
}
