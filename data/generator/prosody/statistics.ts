/**
 * What an encoder of prosody is taught: frames, and statistics of a whole recording.
 *
 * @module
 */
import { logMel } from "../../../lib/audio/log_mel.ts";
import { quantile } from "../../../lib/metrics/bootstrap.ts";
import { type ProsodyFrames, prosodyFrames } from "./frames.ts";

/** Bands of the spectrogram. */
export const BANDS = 80;
/** Numbers of a frame: pitch, voicing, harmonicity, level, tilt and the shape of the spectrum. */
export const FRAME_TARGETS = 11;
/** Numbers of a recording. */
export const STATISTICS = 53;
/** Terms of the cosine transform that tells the spectrum's shape. */
const SHAPE = 6;
/** Fewest voiced frames of which statistics tell something. */
const LEAST_VOICED = 8;

/** A recording with what is to be heard in it. */
export interface ProsodyLesson {
  /** Log-mel frames `[T, 80]`, T even, 100 a second. */
  mel: Float16Array;
  /** The value of silence, with which it is padded. */
  silence: number;
  /** `[T / 2, 11]`: see {@link FRAME_TARGETS}. */
  frames: Float32Array;
  /** `[T / 2]`: 1 where the frame's pitch counts. */
  voiced: Uint8Array;
  /** `[53]`: see {@link prosodyStatistics}. */
  statistics: Float32Array;
}

const cosines = Array.from(
  { length: SHAPE },
  (_, k) =>
    Float64Array.from(
      { length: BANDS },
      (_, band) => Math.sqrt(2 / BANDS) * Math.cos(Math.PI * (band + 0.5) * (k + 1) / BANDS),
    ),
);

/**
 * A recording as a lesson; undefined where too little of it is voiced.
 *
 * @param samples `[N]`, 16 kHz mono
 */
export function prosodyLesson(samples: Float32Array): ProsodyLesson | undefined {
  const states = Math.ceil(samples.length / 320);
  if (states < 2) return undefined;
  const bands = logMel(samples, { frames: 2 * states, bands: BANDS }); // band by band
  const mel = new Float16Array(bands.length);
  let highest = -Infinity;
  for (let band = 0; band < BANDS; band++) {
    for (let t = 0; t < 2 * states; t++) {
      const value = bands[band * 2 * states + t]!;
      mel[t * BANDS + band] = value;
      highest = Math.max(highest, value);
    }
  }
  const measured = prosodyFrames(samples);
  const count = Math.min(measured.level.length, states);
  const shapes = Array.from({ length: states }, (_, i) => {
    const row = mel.subarray(2 * i * BANDS, (2 * i + 1) * BANDS);
    return cosines.map((wave) => wave.reduce((sum, value, band) => sum + value * row[band]!, 0));
  });
  const flux = Float64Array.from({ length: count }, (_, i) => {
    if (i === 0) return 0;
    let sum = 0;
    for (let band = 0; band < BANDS; band++) {
      sum += (mel[2 * i * BANDS + band]! - mel[2 * (i - 1) * BANDS + band]!) ** 2;
    }
    return Math.sqrt(sum / BANDS);
  });
  const statistics = prosodyStatistics(measured, flux, shapes);
  if (statistics === undefined) return undefined;
  const frames = new Float32Array(states * FRAME_TARGETS);
  const voiced = new Uint8Array(states);
  for (let i = 0; i < states; i++) {
    const at = Math.min(i, count - 1);
    const { pitch, harmonicity, level, tilt } = measured;
    voiced[i] = measured.voiced[at]!;
    const row = [pitch[at]!, voiced[i]!, harmonicity[at]!, level[at]!, tilt[at]!, ...shapes[i]!];
    frames.set(row, i * FRAME_TARGETS);
  }
  return { mel, silence: highest - 2, frames, voiced, statistics };
}

/**
 * Statistics of a recording: of pitch (voiced frames, smoothed), level and tilt (active frames) each the percentiles 5, 20,
 * 50, 80, 95, mean and deviation; of the spectrum's change the percentiles 20, 50, 80, mean and deviation; of its shape (voiced)
 * means and deviations; of harmonicity (voiced) as of the change; and ten numbers of timing.
 *
 * @param flux how much the spectrum changes, frame by frame; statistics are of as many frames
 * @param shapes the first terms of each frame's cosine transform
 * @returns `[53]`; undefined where fewer than 8 frames are voiced
 */
export function prosodyStatistics(
  measured: ProsodyFrames,
  flux: Float64Array,
  shapes: readonly (readonly number[])[],
): Float32Array | undefined {
  const count = flux.length;
  const where = (flags: Uint8Array): number[] =>
    Array.from({ length: count }, (_, i) => i).filter((i) => flags[i] === 1);
  const [voiced, active] = [where(measured.voiced), where(measured.active)];
  if (voiced.length < LEAST_VOICED) return undefined;
  const smooth = medians(measured.pitch.subarray(0, count));
  const of = (values: ArrayLike<number>, places: number[]): number[] => places.map((i) => values[i]!);
  const wide = (values: number[]): number[] => [...percentiles(values, [5, 20, 50, 80, 95]), ...moments(values)];
  const narrow = (values: number[]): number[] => [...percentiles(values, [20, 50, 80]), ...moments(values)];
  const ofShapes = cosines.map((_, k) => moments(voiced.map((i) => shapes[i]![k]!)));
  return Float32Array.from([
    ...wide(of(smooth, voiced)),
    ...wide(of(measured.level, active)),
    ...wide(of(measured.tilt, active)),
    ...narrow(of(flux, active)),
    ...ofShapes.map(([mean]) => mean!),
    ...ofShapes.map(([, deviation]) => deviation!),
    ...narrow(of(measured.harmonicity, voiced)),
    ...timing(measured.voiced.subarray(0, count), voiced.length, active),
  ]);
}

/** How long, how much of it voiced, in how many pieces of which length. */
function timing(flags: Uint8Array, voiced: number, active: number[]): number[] {
  const pieces: number[] = [];
  let length = 0;
  for (let i = 0; i <= flags.length; i++) {
    if (flags[i] === 1) length++;
    else if (length > 0) {
      pieces.push(length);
      length = 0;
    }
  }
  const [mean, deviation] = moments(pieces) as [number, number];
  const span = active.at(-1)! - active[0]! + 1;
  return [
    Math.log(voiced),
    Math.log(active.length),
    voiced / active.length,
    pieces.length,
    mean,
    deviation,
    Math.log(span),
    active.length / span,
    pieces.length / span,
    Math.log(flags.length),
  ];
}

/** Mean and deviation. */
function moments(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

/** Percentiles, between two values in proportion. */
function percentiles(values: readonly number[], wanted: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return wanted.map((percent) => quantile(sorted, percent / 100));
}

/** The median of each five neighbours; ends are repeated. */
function medians(values: Float64Array): number[] {
  const at = (i: number): number => values[Math.min(values.length - 1, Math.max(0, i))]!;
  return Array.from(values, (_, i) => [-2, -1, 0, 1, 2].map((step) => at(i + step)).sort((a, b) => a - b)[2]!);
}
