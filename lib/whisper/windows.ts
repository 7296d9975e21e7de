/**
 * Recordings longer than Whisper's window, cut where it is quiet.
 *
 * @module
 */
import { HOP } from "../audio/log_mel.ts";

/** Words of a sentence whose repetition counts, at least. */
const SHORTEST = 3;

/** Samples of 16 kHz audio that make one frame of the encoder's states: 50 frames a second. */
export const SAMPLES_PER_STATE = 2 * HOP;

/** Seconds of a recording that the acoustic branch sees where nothing else is asked for. */
export const AUDIO_SECONDS = 120;

/** The quietest stretch of this length holds the cut between windows: 60 ms. */
const QUIET = 3 * SAMPLES_PER_STATE;

/** The quietest stretch of this length holds the cut between sentences: 200 ms. */
const PAUSE = 10 * SAMPLES_PER_STATE;

/**
 * Frames of real audio in a recording: 50 a second, rounded up, at least 1.
 *
 * @param samples how many samples of 16 kHz it has
 * @param maxSeconds no more than the frames of so many seconds. Default all.
 * @param least at least so many: those of a window, where its padding counts too. Default 1.
 */
export function framesOf(samples: number, maxSeconds = Infinity, least = 1): number {
  return Math.max(1, least, Math.ceil(Math.min(samples, Math.round(16000 * maxSeconds)) / SAMPLES_PER_STATE));
}

/**
 * Cuts a recording into pieces of at most `window` samples. Each cut is made in the quietest 60 ms of the last tenth of
 * the window, so that it does not fall into a word where that can be helped; and between two frames of the encoder's
 * states, so that frame f of all pieces one after the other begins f / 50 seconds after the recording does.
 *
 * @param samples `[N]`
 * @param window the longest piece, in samples; at least one frame's, 320
 * @returns views of the recording that together make it up; one piece where it fits
 *
 * @example
 * ```ts
 * import { windowsOf } from "./windows.ts";
 * const pieces = windowsOf(new Float32Array(50000), 20000);
 * if (pieces.length !== 3) throw new Error("expected three pieces");
 * ```
 */
export function windowsOf(samples: Float32Array, window: number): Float32Array[] {
  const pieces: Float32Array[] = [];
  const whole = (length: number): number => Math.floor(length / SAMPLES_PER_STATE) * SAMPLES_PER_STATE;
  let start = 0;
  while (samples.length - start > window) {
    const end = quietest(samples, start + whole(0.9 * window), start + whole(window), QUIET);
    pieces.push(samples.subarray(start, end));
    start = end;
  }
  pieces.push(samples.subarray(start));
  return pieces;
}

/**
 * Cuts a recording in its pauses into sentences of about one length.
 *
 * @param samples `[N]`
 * @param seconds the expected length of a sentence; each piece is 0.6 to 1.7 times as long, but for the last
 */
export function sentencesOf(samples: Float32Array, seconds: number): Float32Array[] {
  const pieces: Float32Array[] = [];
  const [shortest, longest] = [0.6, 1.7].map((factor) =>
    Math.max(2 * PAUSE, Math.round(16000 * factor * seconds / SAMPLES_PER_STATE) * SAMPLES_PER_STATE)
  ) as [number, number];
  let start = 0;
  while (samples.length - start > longest) {
    const end = quietest(samples, start + shortest, start + longest + PAUSE, PAUSE);
    pieces.push(samples.subarray(start, end));
    start = end;
  }
  pieces.push(samples.subarray(start));
  return pieces;
}

/**
 * Finds texts in which a sentence is repeated in a row, within one text or from one to the next. Whisper loses count of
 * such sentences.
 *
 * @param texts of the windows of a recording
 * @returns for each text how many words the repeated sentence has; 0 where no repetition makes up half of the text
 */
export function repeatedIn(texts: readonly string[]): number[] {
  const words = texts.map((text) => text.toLowerCase().match(/[\p{L}\p{M}\p{N}']+/gu) ?? []);
  const all = words.flat();
  const period = new Uint32Array(all.length); // of the shortest sentence whose repetition a word is in
  for (let length = SHORTEST; 2 * length <= all.length; length++) {
    for (let from = 0, to = 0; to + length <= all.length; to++) {
      if (all[to] === all[to + length]) continue; // undefined at the end, unlike every word
      if (to - from >= length) {
        for (let i = from; i < to + length; i++) period[i] ||= length;
      }
      from = to + 1;
    }
  }
  let start = 0;
  return words.map(({ length }) => {
    const own = period.subarray(start, start += length).filter((value) => value > 0);
    return 2 * own.length < length || length === 0 ? 0 : own.toSorted()[own.length >> 1] as number;
  });
}

/** The middle, to the frame, of the quietest stretch within [from, to); the latest of equal ones; `to` where none fits. */
function quietest(samples: Float32Array, from: number, to: number, stretch: number): number {
  let best = to, least = Infinity;
  for (let at = from; at + stretch <= to; at += SAMPLES_PER_STATE) {
    let energy = 0;
    for (let i = at; i < at + stretch; i++) energy += samples[i]! * samples[i]!;
    if (energy <= least) {
      least = energy;
      best = at + Math.floor(stretch / SAMPLES_PER_STATE / 2) * SAMPLES_PER_STATE;
    }
  }
  return best;
}
