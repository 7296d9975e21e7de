/**
 * Whisper's front end: the logarithmic mel spectrogram.
 */

/** Whisper's sample rate in Hz. */
export const SAMPLE_RATE = 16000;
/** Samples between two frames: 100 frames per second. */
export const HOP = 160;
const WINDOW = 400;
const BINS = WINDOW / 2 + 1;
const LOG_STEP = Math.log(6.4) / 27; // a mel above 1000 Hz

interface LogMelOptions {
  /** Number of frames, 100 per second. The recording is padded with silence or cut. Default 3000, Whisper's 30 s. */
  frames?: number;
  /** Mel bands. Default 80; the published large-v3 models have 128. */
  bands?: number;
}

/**
 * The log-mel spectrogram of Whisper.
 *
 * The recording is padded with silence (or cut) to `frames * 160` samples, mirrored at both ends, and cut into Hann windows
 * of 25 ms every 10 ms. The power spectrum goes through triangular filters on Slaney's mel scale. Its decadic logarithm is
 * clamped to at most 8 below the maximum and scaled by `(x + 4) / 4`. The result equals Whisper's own to float32 precision.
 * As the maximum is that of the whole window, the values depend slightly on `frames`.
 *
 * @param samples `[N]`, 16 kHz mono
 * @returns `[bands * frames]`: the value of band `b` at frame `t` is at `b * frames + t`
 * @throws {RangeError} if `frames` is not a whole number of at least 2.
 */
export function logMel(samples: Float32Array, options: LogMelOptions = {}): Float32Array {
  const { frames = 3000, bands = 80 } = options;
  if (!Number.isInteger(frames) || frames < 2) {
    throw new RangeError(
      `Cannot compute a log-mel spectrogram as 'frames' must be a whole number from 2 on: it is ${frames}`,
    );
  }
  const padded = mirrored(samples, frames * HOP);
  // Frames after the recording are silent: their power is 0. The last three include the mirrored end.
  const sounding = samples.length === 0 ? 0 : Math.min(frames, Math.ceil((samples.length + WINDOW / 2) / HOP) + 1);
  const floor = Math.log10(1e-10);
  const result = new Float32Array(bands * frames).fill(floor);
  const filters = melFilters(bands);
  let maximum = floor;
  const even = new Float64Array(BINS), odd = new Float64Array(BINS);
  for (let t = 0; t < sounding; t += 2) {
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

/** The recording in `length` samples, with 200 mirrored samples at each end and a hop of zeros for an odd last frame. */
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
const windowed = new Float64Array(WINDOW), windowedNext = new Float64Array(WINDOW);

/** Power spectra of the window at `start` and of the next one, both from one complex Fourier transform. */
function powerSpectra(signal: Float64Array, start: number, first: Float64Array, second: Float64Array): void {
  for (let n = 0; n < WINDOW; n++) {
    windowed[n] = signal[start + n]! * hann[n]!;
    windowedNext[n] = signal[start + HOP + n]! * hann[n]!;
  }
  fourier(windowed, windowedNext);
  for (let k = 0; k < BINS; k++) {
    const mirror = k === 0 ? 0 : WINDOW - k;
    const a = windowed[k]!, b = windowedNext[k]!, c = windowed[mirror]!, d = windowedNext[mirror]!;
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

/** Filters of unit area whose edges are equidistant on Slaney's scale. */
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

// The Fourier transform of Whisper's windows.

const RADICES = [4, 4, 5, 5]; // their product is WINDOW

const cosines = Float64Array.from({ length: WINDOW }, (_, n) => Math.cos(2 * Math.PI * n / WINDOW));
const sines = Float64Array.from({ length: WINDOW }, (_, n) => -Math.sin(2 * Math.PI * n / WINDOW));
let real = new Float64Array(WINDOW), imaginary = new Float64Array(WINDOW);
let nextReal = new Float64Array(WINDOW), nextImaginary = new Float64Array(WINDOW);

/**
 * Fourier transform of 400 complex numbers `re + i im`, in place (Stockham's order, radices 4, 4, 5, 5).
 *
 * A stage takes `stride` interleaved transforms of length `length = radix * part` to transforms of length `part`.
 *
 * @param re `[400]`
 * @param im `[400]`
 */
function fourier(re: Float64Array<ArrayBuffer>, im: Float64Array<ArrayBuffer>): void {
  [real, imaginary] = [re, im]; // after an even number of stages the result is in these two again
  let length = WINDOW, stride = 1;
  for (const radix of RADICES) {
    const part = length / radix;
    (radix === 4 ? byFour : byFive)(part, stride);
    [real, nextReal] = [nextReal, real];
    [imaginary, nextImaginary] = [nextImaginary, imaginary];
    length = part;
    stride *= radix;
  }
}

/** Writes `re + i im`, turned by the twiddle factor exp(-2 pi i turn / WINDOW). */
function put(to: number, re: number, im: number, turn: number): void {
  const c = cosines[turn]!, s = sines[turn]!;
  nextReal[to] = re * c - im * s;
  nextImaginary[to] = re * s + im * c;
}

/** A stage of radix 4: X[k] of each four inputs, turned by exp(-2 pi i p k / length). */
function byFour(part: number, stride: number): void {
  for (let p = 0; p < part; p++) {
    const turn = p * stride;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p, b = a + stride * part, c = b + stride * part, d = c + stride * part;
      const sumRe = real[a]! + real[c]!, sumIm = imaginary[a]! + imaginary[c]!;
      const lessRe = real[a]! - real[c]!, lessIm = imaginary[a]! - imaginary[c]!;
      const otherRe = real[b]! + real[d]!, otherIm = imaginary[b]! + imaginary[d]!;
      const awayRe = real[b]! - real[d]!, awayIm = imaginary[b]! - imaginary[d]!;
      const to = q + stride * 4 * p;
      nextReal[to] = sumRe + otherRe;
      nextImaginary[to] = sumIm + otherIm;
      put(to + stride, lessRe + awayIm, lessIm - awayRe, turn);
      put(to + 2 * stride, sumRe - otherRe, sumIm - otherIm, 2 * turn);
      put(to + 3 * stride, lessRe - awayIm, lessIm + awayRe, 3 * turn);
    }
  }
}

const [C1, C2] = [Math.cos(2 * Math.PI / 5), Math.cos(4 * Math.PI / 5)] as const;
const [S1, S2] = [Math.sin(2 * Math.PI / 5), Math.sin(4 * Math.PI / 5)] as const;

/** A stage of radix 5, likewise. The inputs 1 and 4, and 2 and 3, share their cosines and have opposite sines. */
function byFive(part: number, stride: number): void {
  const step = stride * part;
  for (let p = 0; p < part; p++) {
    const turn = p * stride;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p, b = a + step, c = b + step, d = c + step, e = d + step;
      const outerRe = real[b]! + real[e]!, outerIm = imaginary[b]! + imaginary[e]!;
      const innerRe = real[c]! + real[d]!, innerIm = imaginary[c]! + imaginary[d]!;
      const wideRe = real[b]! - real[e]!, wideIm = imaginary[b]! - imaginary[e]!;
      const nearRe = real[c]! - real[d]!, nearIm = imaginary[c]! - imaginary[d]!;
      const oneRe = real[a]! + C1 * outerRe + C2 * innerRe, oneIm = imaginary[a]! + C1 * outerIm + C2 * innerIm;
      const twoRe = real[a]! + C2 * outerRe + C1 * innerRe, twoIm = imaginary[a]! + C2 * outerIm + C1 * innerIm;
      const oneTurnRe = S1 * wideRe + S2 * nearRe, oneTurnIm = S1 * wideIm + S2 * nearIm;
      const twoTurnRe = S2 * wideRe - S1 * nearRe, twoTurnIm = S2 * wideIm - S1 * nearIm;
      const to = q + stride * 5 * p;
      nextReal[to] = real[a]! + outerRe + innerRe;
      nextImaginary[to] = imaginary[a]! + outerIm + innerIm;
      put(to + stride, oneRe + oneTurnIm, oneIm - oneTurnRe, turn);
      put(to + 2 * stride, twoRe + twoTurnIm, twoIm - twoTurnRe, 2 * turn);
      put(to + 3 * stride, twoRe - twoTurnIm, twoIm + twoTurnRe, 3 * turn);
      put(to + 4 * stride, oneRe - oneTurnIm, oneIm + oneTurnRe, 4 * turn);
    }
  }
}

/** A spectrogram for a figure. */
export interface Spectrogram {
  /** Number of rows. The first is the lowest pitch. */
  bands: number;
  /** Number of columns, evenly spaced over the recording. */
  columns: number;
  /** Length of the recording. */
  seconds: number;
  /** `[bands * columns]`, row by row: 0 is the quietest, 255 the loudest. */
  levels: number[];
}

/** Whisper's mel bands. Two of them make a row. */
const MEL_BANDS = 80;

/**
 * Whisper's log-mel spectrogram of a recording, averaged to 40 bands and at most `most` columns.
 *
 * @param samples `[N]`, 16 kHz
 * @param most maximum number of columns. A shorter recording has one for each frame of 10 ms. Default 300.
 */
export function spectrogramOf(samples: Float32Array, most: number = 300): Spectrogram {
  const frames = Math.max(2, Math.ceil(samples.length / 160));
  const mel = logMel(samples, { frames, bands: MEL_BANDS });
  const [bands, columns] = [MEL_BANDS / 2, Math.min(most, frames)];
  const values = Float64Array.from({ length: bands * columns }, (_, i) => {
    const [band, column] = [Math.floor(i / columns), i % columns];
    const [from, to] = [Math.floor(column * frames / columns), Math.floor((column + 1) * frames / columns)];
    let sum = 0;
    for (let row = 2 * band; row < 2 * band + 2; row++) {
      for (let t = from; t < to; t++) sum += mel[row * frames + t]!;
    }
    return sum / (2 * (to - from));
  });
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const levels = Array.from(values, (value) => high === low ? 0 : Math.round(255 * (value - low) / (high - low)));
  return { bands, columns, seconds: samples.length / 16000, levels };
}
