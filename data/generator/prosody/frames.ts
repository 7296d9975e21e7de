/**
 * What the prosody of speech is, frame by frame: pitch, voicing, level, tilt.
 *
 * @module
 */
import { SAMPLE_RATE } from "../../../lib/audio/log_mel.ts";
import { transform } from "./spectrum.ts";

/** Samples between two frames, one for each state of Whisper's encoder, and samples of a frame. */
const [HOP, WINDOW] = [320, 1024];
/** Values of a transform: twice the window, so that the autocorrelation does not wrap around. */
const SIZE = 2048;
/** Lags that are sought: 600 down to 70 Hz. */
const [SHORTEST, LONGEST] = [Math.floor(SAMPLE_RATE / 600), Math.floor(SAMPLE_RATE / 70)];

/** The prosody of a recording, one value a frame of 20 ms. */
export interface ProsodyFrames {
  /** Octaves: log2 of the pitch in Hz; meaningless where the frame is not voiced. */
  pitch: Float64Array;
  /** Harmonics to noise in dB, by the autocorrelation's peak. */
  harmonicity: Float64Array;
  /** Level in dB. */
  level: Float64Array;
  /** Power from 1 to 5 kHz over that from 50 Hz to 1 kHz, in dB. */
  tilt: Float64Array;
  /** 1 where there is a pitch. */
  voiced: Uint8Array;
  /** 1 where the level is within 30 dB of the highest. */
  active: Uint8Array;
}

const hann = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * i / (WINDOW - 1)),
);
const [re, im] = [new Float64Array(SIZE), new Float64Array(SIZE)];

/** Autocorrelation of what is in `re` (the rest of which is 0), with the power spectrum on the way. */
function autocorrelate(power: Float64Array): void {
  im.fill(0);
  transform(re, im);
  for (let k = 0; k < SIZE; k++) power[k] = re[k]! ** 2 + im[k]! ** 2;
  re.set(power);
  im.fill(0);
  transform(re, im); // of a symmetric spectrum: the inverse, but for the scale
}

const power = new Float64Array(SIZE);
/** The window's own autocorrelation, by which that of a frame is divided (Boersma 1993). */
const ofWindow = (() => {
  re.fill(0);
  re.set(hann);
  autocorrelate(power);
  return Float64Array.from(re.subarray(0, WINDOW), (value) => value / re[0]!);
})();

/**
 * Measures pitch by the autocorrelation of windows of 64 ms (Boersma 1993, without his path over time), and level and tilt.
 *
 * @param samples `[N]`, 16 kHz mono; at least one frame is measured
 * @returns `floor((N - 1024) / 320) + 1` frames
 */
export function prosodyFrames(samples: Float32Array): ProsodyFrames {
  const count = Math.max(1, Math.floor((samples.length - WINDOW) / HOP) + 1);
  const [pitch, harmonicity, level, tilt, peaks] = Array.from({ length: 5 }, () => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let frame = 0; frame < count; frame++) {
    const piece = samples.subarray(frame * HOP, frame * HOP + WINDOW);
    let sum = 0, squares = 0;
    for (const value of piece) {
      sum += value;
      squares += value * value;
    }
    level[frame] = 10 * Math.log10(squares / WINDOW + 1e-10);
    re.fill(0);
    for (let i = 0; i < piece.length; i++) re[i] = (piece[i]! - sum / WINDOW) * hann[i]!;
    autocorrelate(power);
    tilt[frame] = 10 * Math.log10(between(1000, 5000) / between(50, 1000));
    const { lag, peak } = bestLag();
    pitch[frame] = Math.log2(SAMPLE_RATE / lag);
    peaks[frame] = peak;
    const periodic = Math.min(0.999, Math.max(0.001, peak));
    harmonicity[frame] = 10 * Math.log10(periodic / (1 - periodic));
  }
  const highest = level.reduce((most, value) => Math.max(most, value), -Infinity);
  const active = Uint8Array.from(level, (value) => Number(value > highest - 30));
  const voiced = active.map((there, i) => Number(there === 1 && peaks[i]! > 0.5));
  return { pitch, harmonicity, level, tilt, voiced, active };
}

/** Power of the last spectrum in a band. */
function between(low: number, high: number): number {
  let sum = 1e-10;
  for (let k = Math.ceil(low * SIZE / SAMPLE_RATE); k * SAMPLE_RATE / SIZE < high; k++) sum += power[k]!;
  return sum;
}

/** Of the peaks of the last autocorrelation that are nearly as high as the highest, the one of the shortest lag. */
function bestLag(): { lag: number; peak: number } {
  const at = (lag: number): number => re[lag]! / (re[0]! + 1e-9 * SIZE) / ofWindow[lag]!;
  let best = SHORTEST;
  for (let lag = SHORTEST; lag < LONGEST; lag++) if (at(lag) > at(best)) best = lag;
  const enough = 0.9 * at(best);
  for (let lag = SHORTEST + 1; lag < best; lag++) {
    if (at(lag) > enough && at(lag) >= at(lag - 1) && at(lag) >= at(lag + 1)) return { lag, peak: at(lag) };
  }
  return { lag: best, peak: at(best) };
}
