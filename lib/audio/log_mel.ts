/**
 * Whisper's front end: the logarithmic mel spectrogram.
 *
 * @module
 */
import { fourier } from "./fourier.ts";

/** Samples a second that Whisper hears. */
export const SAMPLE_RATE = 16000;
/** Samples between two frames: 100 frames a second. */
export const HOP = 160;
const WINDOW = 400;
const BINS = WINDOW / 2 + 1;
const LOG_STEP = Math.log(6.4) / 27; // a mel above 1000 Hz

/** Options of {@link logMel}. */
export interface LogMelOptions {
  /** Frames of the result, 100 a second; the recording is padded with silence or cut. Default 3000, Whisper's 30 s. */
  frames?: number;
  /** Mel bands. Default 80; the published large-v3 models have 128. */
  bands?: number;
}

/**
 * The log-mel spectrogram of Whisper.
 *
 * The recording is padded with silence (or cut) to `frames * 160` samples, mirrored at both ends, cut into Hann windows of
 * 25 ms every 10 ms; the power spectrum goes through triangular filters on Slaney's mel scale; the decadic logarithm is
 * kept within 8 of the window's maximum and scaled by `(x + 4) / 4`. Equal to Whisper's own to float32 precision; the
 * maximum is that of the whole window, so the values depend (a little) on `frames`.
 *
 * @param samples `[N]`, 16 kHz mono
 * @returns `[bands * frames]`, band by band: the value of band `b` at frame `t` is at `b * frames + t`
 * @throws {RangeError} where `frames` is not a whole number from 2 on.
 *
 * @example
 * ```ts
 * import { logMel } from "./log_mel.ts";
 * const tone = new Float32Array(16000).map((_, i) => Math.sin(2 * Math.PI * 440 * i / 16000));
 * if (logMel(tone, { frames: 100 }).length !== 80 * 100) throw new Error("wrong shape");
 * ```
 */
export function logMel(samples: Float32Array, options: LogMelOptions = {}): Float32Array {
  const { frames = 3000, bands = 80 } = options;
  if (!Number.isInteger(frames) || frames < 2) {
    throw new RangeError(
      `Cannot compute a log-mel spectrogram as 'frames' must be a whole number from 2 on: it is ${frames}`,
    );
  }
  const padded = mirrored(samples, frames * HOP);
  // Frames past the recording hold silence only: their power is 0. The last three see the mirrored end.
  const heard = samples.length === 0 ? 0 : Math.min(frames, Math.ceil((samples.length + WINDOW / 2) / HOP) + 1);
  const floor = Math.log10(1e-10);
  const result = new Float32Array(bands * frames).fill(floor);
  const filters = melFilters(bands);
  let maximum = floor;
  const even = new Float64Array(BINS), odd = new Float64Array(BINS);
  for (let t = 0; t < heard; t += 2) {
    powerSpectra(padded, t * HOP, even, odd);
    for (let side = 0; side < 2 && t + side < frames; side++) {
      const power = side === 0 ? even : odd;
      for (let band = 0; band < bands; band++) {
        const value = Math.log10(Math.max(1e-10, filtered(power, filters[band] as MelFilter)));
        if (value > maximum) maximum = value;
        result[band * frames + t + side] = value;
      }
    }
  }
  const lowest = maximum - 8;
  for (let i = 0; i < result.length; i++) result[i] = (Math.max(result[i]!, lowest) + 4) / 4;
  return result;
}

/** The recording in a window of `length` samples, 200 mirrored samples at each end, and a hop of zeros for an odd last frame. */
function mirrored(samples: Float32Array, length: number): Float64Array {
  const edge = WINDOW / 2;
  const padded = new Float64Array(length + 2 * edge + HOP);
  padded.set(samples.subarray(0, length), edge);
  for (let i = 1; i <= edge; i++) {
    padded[edge - i] = padded[edge + i]!;
    padded[edge + length - 1 + i] = padded[edge + length - 1 - i]!;
  }
  return padded;
}

const hann = Float64Array.from({ length: WINDOW }, (_, n) => 0.5 - 0.5 * Math.cos(2 * Math.PI * n / WINDOW));
const real = new Float64Array(WINDOW), imaginary = new Float64Array(WINDOW);

/** Power spectra of the window at `start` and of the one a hop later, both from one complex Fourier transform. */
function powerSpectra(signal: Float64Array, start: number, first: Float64Array, second: Float64Array): void {
  for (let n = 0; n < WINDOW; n++) {
    real[n] = signal[start + n]! * hann[n]!;
    imaginary[n] = signal[start + HOP + n]! * hann[n]!;
  }
  fourier(real, imaginary);
  for (let k = 0; k < BINS; k++) {
    const mirror = k === 0 ? 0 : WINDOW - k;
    const a = real[k]!, b = imaginary[k]!, c = real[mirror]!, d = imaginary[mirror]!;
    first[k] = ((a + c) ** 2 + (b - d) ** 2) / 4;
    second[k] = ((b + d) ** 2 + (c - a) ** 2) / 4;
  }
}

/** A triangular filter: its weights from its first bin on. */
interface MelFilter {
  first: number;
  weights: Float64Array;
}

function filtered(power: Float64Array, { first, weights }: MelFilter): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[first + i]!;
  return sum;
}

const banks = new Map<number, MelFilter[]>();

/** The filters of unit area whose edges lie at equal steps of Slaney's scale. */
function melFilters(bands: number): MelFilter[] {
  const known = banks.get(bands);
  if (known) return known;
  const highest = hertzToMel(SAMPLE_RATE / 2);
  const edges = Array.from({ length: bands + 2 }, (_, i) => melToHertz(highest * i / (bands + 1)));
  const bank = Array.from({ length: bands }, (_, band) => {
    const low = edges[band]!, middle = edges[band + 1]!, high = edges[band + 2]!;
    const all = Float64Array.from({ length: BINS }, (_, bin) => {
      const hertz = bin * SAMPLE_RATE / WINDOW;
      const height = Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
      return Math.max(0, height) * 2 / (high - low);
    });
    const first = Math.max(0, all.findIndex((weight) => weight > 0));
    return { first, weights: all.slice(first, all.findLastIndex((weight) => weight > 0) + 1) };
  });
  banks.set(bands, bank);
  return bank;
}

// Slaney's scale: linear below 1000 Hz (15 mel), logarithmic above.
function hertzToMel(hertz: number): number {
  return hertz < 1000 ? 3 * hertz / 200 : 15 + Math.log(hertz / 1000) / LOG_STEP;
}
function melToHertz(mel: number): number {
  return mel < 15 ? 200 * mel / 3 : 1000 * Math.exp(LOG_STEP * (mel - 15));
}
