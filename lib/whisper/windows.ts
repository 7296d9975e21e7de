/**
 * Recordings longer than Whisper's window, cut where it is quiet.
 *
 * @module
 */
const STEP = 800; // 50 ms of 16 kHz

/**
 * Cuts a recording into pieces of at most `window` samples. Each cut is made in the quietest 50 ms of the last tenth of
 * the window, so that it does not fall into a word where that can be helped.
 *
 * @param samples `[N]`
 * @param window the longest piece, in samples
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
  let start = 0;
  while (samples.length - start > window) {
    const end = quietest(samples, start + Math.floor(0.9 * window), start + window);
    pieces.push(samples.subarray(start, end));
    start = end;
  }
  pieces.push(samples.subarray(start));
  return pieces;
}

/** The middle of the quietest step within [from, to); the latest of equal ones. */
function quietest(samples: Float32Array, from: number, to: number): number {
  let best = to, least = Infinity;
  for (let at = from; at + STEP <= to; at += STEP) {
    let energy = 0;
    for (let i = at; i < at + STEP; i++) energy += samples[i]! * samples[i]!;
    if (energy <= least) {
      least = energy;
      best = at + STEP / 2;
    }
  }
  return best;
}
