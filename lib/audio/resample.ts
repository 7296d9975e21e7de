/**
 * Change of sample rate by a windowed sinc, without aliases.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** Zero crossings of the sinc on each side: the longer, the steeper the edge at the new Nyquist frequency. */
const ZEROS = 32;
/** Shape of the Kaiser window: 10 keeps aliases about 100 dB down. */
const BETA = 10;
/** Middle of the edge, as a part of the lower Nyquist frequency. */
const CUTOFF = 0.94;

/** One filter for each of the `up` places that an output sample can have between two input samples. */
interface Filters {
  up: number;
  down: number;
  half: number;
  taps: Float32Array[];
}

const made = new Map<string, Filters>();

/**
 * Resamples a channel.
 *
 * Output sample `n` is the input, low-passed below the lower of the two Nyquist frequencies by a Kaiser-windowed sinc, at
 * the time `n / to`. Before and after the recording stands silence.
 *
 * @param samples `[N]`, at rate `from`
 * @param from rate in Hz
 * @param to rate in Hz
 * @returns `[ceil(N * to / from)]`; the very same array where the rates are equal
 * @throws {InputError} where a rate is not a positive whole number.
 *
 * @example
 * ```ts
 * import { resample } from "./resample.ts";
 * const second = new Float32Array(48000).map((_, i) => Math.sin(2 * Math.PI * 440 * i / 48000));
 * if (resample(second, 48000, 16000).length !== 16000) throw new Error("not a second any more");
 * ```
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  for (const rate of [from, to]) {
    if (!Number.isInteger(rate) || rate <= 0) {
      throw new InputError(`Cannot resample as a rate must be a positive whole number of Hz: it is ${rate}.`);
    }
  }
  if (from === to) return samples;
  const { up, down, half, taps } = filters(from, to);
  const padded = new Float32Array(samples.length + 2 * half + 1);
  padded.set(samples, half);
  const result = new Float32Array(Math.ceil(samples.length * up / down));
  for (let n = 0; n < result.length; n++) {
    const place = n * down;
    const phase = place % up;
    // The filter's first tap stands half samples before the time of n, which is half places into the padding.
    result[n] = dot(taps[phase] as Float32Array, padded, (place - phase) / up);
  }
  return result;
}

function dot(filter: Float32Array, signal: Float32Array, start: number): number {
  let a = 0, b = 0, c = 0, d = 0;
  const length = filter.length; // a multiple of 4
  for (let i = 0, j = start; i < length; i += 4, j += 4) {
    a += filter[i]! * signal[j]!;
    b += filter[i + 1]! * signal[j + 1]!;
    c += filter[i + 2]! * signal[j + 2]!;
    d += filter[i + 3]! * signal[j + 3]!;
  }
  return a + b + (c + d);
}

function filters(from: number, to: number): Filters {
  const key = `${from}:${to}`;
  const known = made.get(key);
  if (known) return known;
  const divisor = greatestCommonDivisor(from, to);
  const up = to / divisor, down = from / divisor;
  const scale = CUTOFF * Math.min(1, up / down); // edge in units of the input's Nyquist frequency
  const reach = ZEROS / Math.min(1, up / down); // in input samples
  const half = 2 * Math.ceil((reach + 1) / 2);
  const taps = Array.from({ length: up }, (_, phase) => {
    const filter = new Float64Array(2 * half);
    let sum = 0;
    for (let i = 0; i < filter.length; i++) {
      const t = i - half - phase / up; // distance in input samples
      filter[i] = sinc(scale * t) * kaiser(t / reach);
      sum += filter[i]!;
    }
    return Float32Array.from(filter, (value) => value / sum); // every phase passes a constant unchanged
  });
  const result = { up, down, half, taps };
  made.set(key, result);
  return result;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1, term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
