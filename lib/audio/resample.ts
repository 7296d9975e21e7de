/**
 * Changes the sample rate with a windowed sinc, without aliases.
 */
import { InputError } from "../errors.ts";
import { OwnHeap } from "../runtime/wasm/own_heap.ts";

/** The low-pass filter of {@link resample}. */
interface ResampleOptions {
  /** Zero crossings of the sinc on each side. More of them make a steeper edge. Default 64. */
  zeros?: number;
  /** Middle of the edge, as a fraction of the lower Nyquist frequency. Default 0.945, which ends at that frequency. */
  cutoff?: number;
}

/** Shape of the Kaiser window: 10 attenuates aliases by about 100 dB. */
const BETA = 10;
/** Maximum number of cached values (16 MB) for a pair of rates. */
const MAX_CACHED = 4e6;
/** Minimum number of output samples that are computed at once. */
const BLOCK = 65536;
/** Number of pairs of rates whose filters are cached. */
const MAX_PAIRS = 16;
/** Tabulated values of the windowed sinc between two zeros. Others are interpolated. */
const STEPS = 2048;

/** The filters of a pair of rates. An output sample has one of `up` phases between two input samples. */
interface Filters {
  up: number;
  down: number;
  half: number;
  at(phase: number): Float32Array;
}

const made = new Map<string, Filters>();

/**
 * Resamples a channel.
 *
 * Output sample `n` is the input at the time `n / to`, low-passed below the lower of the two Nyquist frequencies by a
 * Kaiser-windowed sinc. The recording is preceded and followed by silence.
 *
 * @param samples `[N]`, at rate `from`
 * @param from rate in Hz
 * @param to rate in Hz
 * @returns `[ceil(N * to / from)]`, or the same array if the rates are equal
 * @throws {InputError} if a rate is not a positive whole number.
 */
export function resample(
  samples: Float32Array,
  from: number,
  to: number,
  options: ResampleOptions = {},
): Float32Array {
  const resampler = new Resampler(from, to, options);
  resampler.push(samples);
  return resampler.finish();
}

/** Resamples a channel part by part, to exactly the values of {@link resample}. Only the result is held in memory. */
export class Resampler {
  readonly #filters: Filters | undefined;
  /** The input samples from `#start` on, which are still needed. */
  #held: Float32Array = new Float32Array(0);
  #start = 0;
  #inputs = 0;
  #outputs = 0;
  #heap: { periods: number; heap: OwnHeap; input: number; filter: number; output: number } | undefined;
  readonly #results: Float32Array[] = [];

  /** Rates are in Hz. */
  constructor(from: number, to: number, { zeros = 64, cutoff = 0.945 }: ResampleOptions = {}) {
    for (const rate of [from, to]) {
      if (!Number.isInteger(rate) || rate <= 0) {
        throw new InputError(`Cannot resample as a rate must be a positive whole number of Hz: it is ${rate}.`);
      }
    }
    if (from !== to) this.#filters = filters(from, to, { zeros, cutoff });
  }

  /** Takes the next part. */
  push(samples: Float32Array): void {
    this.#inputs += samples.length;
    if (this.#filters === undefined) {
      this.#results.push(samples);
      return;
    }
    const { up, down, half } = this.#filters;
    this.#held = joinParts([this.#held, samples]);
    const periods = Math.ceil(BLOCK / up);
    while (this.#outputs / up * down + periods * down + half <= this.#inputs) this.#block(this.#filters, periods * up);
  }

  /** Takes the parts of the result that are complete; {@link finish} returns the rest. */
  take(): Float32Array[] {
    return this.#results.splice(0);
  }

  /** The whole result, or the rest of it. */
  finish(): Float32Array {
    if (this.#filters !== undefined) {
      const { up, down } = this.#filters;
      const total = Math.ceil(this.#inputs * up / down);
      while (this.#outputs < total) {
        this.#block(this.#filters, Math.min(total - this.#outputs, Math.ceil(BLOCK / up) * up));
      }
    }
    return joinParts(this.#results);
  }

  /** Computes the next `count` output samples, a whole number of periods except in the last block. */
  #block({ up, down, half, at }: Filters, count: number): void {
    const periods = Math.ceil(count / up); // of `down` input and `up` output samples
    const taps = 2 * half;
    if (this.#heap?.periods !== periods) {
      const heap = new OwnHeap(periods * (down + up) + 3 * taps + 16);
      const [input, filter, output] = [heap.give(periods * down + taps), heap.give(2 * taps), heap.give(periods * up)];
      this.#heap = { periods, heap, input, filter, output };
    }
    const { heap, input, filter, output } = this.#heap;
    const [signal, shape] = [heap.floats(input, periods * down + taps), heap.doubles(filter, taps)];
    const run = heap.kernel("filter_signal");
    const begin = this.#outputs / up * down - half; // the first tap is half samples before the time of the output
    const from = begin - this.#start;
    signal.fill(0);
    signal.set(this.#held.subarray(Math.max(0, from), Math.max(0, from + signal.length)), Math.max(0, -from));
    for (let n = 0; n < Math.min(up, count); n++) { // outputs n, n + up, ... have the same filter
      const phase = n * down % up;
      shape.set(at(phase));
      run(input + (n * down - phase) / up * 4, filter, output + n * 4, Math.ceil((count - n) / up), taps, down, up);
    }
    this.#results.push(heap.floats(output, count).slice());
    this.#outputs += count;
    const needed = Math.max(0, this.#outputs / up * down - half - this.#start);
    this.#held = this.#held.subarray(needed);
    this.#start += needed;
  }
}

/** Concatenates parts. A single one is not copied. */
export function joinParts(parts: readonly Float32Array[]): Float32Array {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length < 2) return filled[0] ?? new Float32Array(0);
  const whole = new Float32Array(filled.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of filled) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function filters(from: number, to: number, shape: Required<ResampleOptions>): Filters {
  const key = `${from}:${to}:${shape.zeros}:${shape.cutoff}`;
  const known = made.get(key);
  if (known) return known;
  const divisor = greatestCommonDivisor(from, to);
  const up = to / divisor, down = from / divisor;
  const reach = shape.zeros / Math.min(1, up / down); // in input samples
  const half = 2 * Math.ceil((reach + 1) / 2);
  const few = up * 2 * half <= MAX_CACHED;
  const kernel = few ? exactKernel(shape) : tabledKernel(shape);
  const make = (phase: number): Float32Array => {
    const filter = new Float64Array(2 * half);
    let sum = 0;
    for (let i = 0; i < filter.length; i++) {
      const t = i - half - phase / up; // distance in input samples
      filter[i] = kernel(Math.abs(t) / reach);
      sum += filter[i]!;
    }
    return Float32Array.from(filter, (value) => value / sum); // every phase passes a constant unchanged
  };
  const kept: (Float32Array | undefined)[] = [];
  const result = { up, down, half, at: (phase: number) => few ? kept[phase] ??= make(phase) : make(phase) };
  if (made.size >= MAX_PAIRS) made.delete(made.keys().next().value as string);
  made.set(key, result);
  return result;
}

/** The windowed sinc at a fraction of its reach. */
type Kernel = (part: number) => number;

function exactKernel({ zeros, cutoff }: Required<ResampleOptions>): Kernel {
  return (x) => x >= 1 ? 0 : sinc(cutoff * zeros * x) * (bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA));
}

/** The same from a table, for rates with too many filters to cache. */
function tabledKernel(shape: Required<ResampleOptions>): Kernel {
  const exact = exactKernel(shape);
  const steps = shape.zeros * STEPS;
  const table = Float64Array.from({ length: steps + 2 }, (_, i) => exact(i / steps));
  return (part) => {
    if (part >= 1) return 0;
    const i = Math.floor(part * steps);
    return table[i]! + (part * steps - i) * (table[i + 1]! - table[i]!);
  };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
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
