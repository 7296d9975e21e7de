/**
 * Cuts recordings that are longer than Whisper's window at quiet moments.
 */
import { HOP } from "../audio/log_mel.ts";
import { joinParts } from "../audio/resample.ts";

/** The fewest and the most words of a sentence whose repetition counts. */
const [SHORTEST, LONGEST] = [3, 500];

/** Samples of 16 kHz audio in one frame of the encoder's states: 50 frames a second. */
export const SAMPLES_PER_STATE = 2 * HOP;

/** The default seconds of a recording that the acoustic branch uses. */
export const AUDIO_SECONDS = 120;

/** Windows are cut in the quietest stretch of this length: 60 ms. */
const QUIET = 3 * SAMPLES_PER_STATE;

/** Sentences are cut in the quietest stretch of this length: 200 ms. */
const PAUSE = 10 * SAMPLES_PER_STATE;

/**
 * The number of frames of real audio in a recording: 50 a second, rounded up, at least 1.
 *
 * @param samples of 16 kHz
 * @param maxSeconds limits the frames to those of the first seconds. Default all.
 * @param least the fewest frames: those of a window if its padding counts. Default 1.
 */
export function framesOf(samples: number, maxSeconds = Infinity, least = 1): number {
  return Math.max(1, least, Math.ceil(Math.min(samples, Math.round(16000 * maxSeconds)) / SAMPLES_PER_STATE));
}

/**
 * Cuts a recording into pieces of at most `window` samples. Each cut is in the quietest 60 ms of the last tenth of the window,
 * which avoids cutting words. It is also between two frames of the encoder's states, so that frame f of all pieces in a row
 * begins f / 50 seconds after the recording does.
 *
 * @param samples `[N]`
 * @param window the longest piece, in samples; at least one frame, 320
 * @returns views that make up the recording; one view if the recording fits
 */
export function windowsOf(samples: Float32Array, window: number): Float32Array[] {
  const whole = (length: number): number => Math.floor(length / SAMPLES_PER_STATE) * SAMPLES_PER_STATE;
  return cut(samples, window, (start) => quietest(samples, start + whole(0.9 * window), start + whole(window), QUIET));
}

/**
 * Cuts a recording that arrives in parts into the pieces of {@link windowsOf}. Little more than a window is held in memory.
 *
 * @param parts `[N]` each
 */
export async function* windowsOfParts(
  parts: AsyncIterable<Float32Array>,
  window: number,
): AsyncGenerator<Float32Array> {
  let held: Float32Array = new Float32Array(0);
  for await (const part of parts) {
    held = joinParts([held, part]);
    if (held.length <= window) continue;
    const pieces = windowsOf(held, window); // a cut depends on the window before it alone
    held = pieces.pop()!.slice();
    for (const piece of pieces) yield piece.slice();
  }
  yield held;
}

/**
 * Cuts a recording at its pauses into sentences of similar length.
 *
 * @param samples `[N]`
 * @param seconds the expected length of a sentence; each piece except the last is 0.6 to 1.7 times as long
 */
export function sentencesOf(samples: Float32Array, seconds: number): Float32Array[] {
  const [shortest, longest] = [0.6, 1.7].map((factor) =>
    Math.max(2 * PAUSE, Math.round(16000 * factor * seconds / SAMPLES_PER_STATE) * SAMPLES_PER_STATE)
  ) as [number, number];
  return cut(samples, longest, (start) => quietest(samples, start + shortest, start + longest + PAUSE, PAUSE));
}

/** Cuts a piece off the beginning at `endOf(start)` until the rest is at most `longest` samples. */
function cut(samples: Float32Array, longest: number, endOf: (start: number) => number): Float32Array[] {
  const pieces: Float32Array[] = [];
  let start = 0;
  while (samples.length - start > longest) {
    const end = endOf(start);
    pieces.push(samples.subarray(start, end));
    start = end;
  }
  return [...pieces, samples.subarray(start)];
}

/**
 * Finds texts in which a sentence repeats in a row, within one text or across texts. Whisper loses count of such sentences.
 *
 * @param texts of the windows of a recording
 * @returns for each text the number of words in the repeated sentence; 0 unless repetitions make up half of the text
 */
export function repeatedIn(texts: readonly string[]): number[] {
  const words = texts.map((text) => text.toLowerCase().match(/[\p{L}\p{M}\p{N}']+/gu) ?? []);
  const all = words.flat();
  const period = new Uint32Array(all.length); // the length of the shortest repeated sentence that has the word
  for (let length = SHORTEST; 2 * length <= all.length && length <= LONGEST; length++) {
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

/** The middle frame of the quietest stretch within [from, to), the latest of equals; `to` if no stretch fits. */
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
