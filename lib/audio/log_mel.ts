/**
 * Whisper's front end: the logarithmic mel spectrogram.
 */
import { OwnHeap } from "../runtime/wasm/own_heap.ts";

/** Whisper's sample rate in Hz. */
export const SAMPLE_RATE = 16000;
/** Samples between two frames: 100 frames per second. */
export const HOP = 160;
const WINDOW = 400;
/** Frames that are computed at once. */
const CHUNK = 256;
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
  const { heap, ...at } = melHeap(bands);
  const run = heap.kernel("log_mel"), most = heap.doubles(at.work, 1);
  most[0] = floor;
  for (let t = 0; t < sounding; t += CHUNK) {
    const count = Math.min(CHUNK, 4 * Math.ceil((sounding - t) / 4)), kept = Math.min(count, frames - t);
    const length = (count - 1) * HOP + WINDOW;
    heap.doubles(at.signal, length).set(padded.subarray(t * HOP, t * HOP + length));
    run(at.signal, at.table, at.filters, at.weights, at.work, at.out, count, HOP, bands);
    const values = heap.floats(at.out, bands * count); // [bands, count]
    for (let band = 0; band < bands; band++) {
      result.set(values.subarray(band * count, band * count + kept), band * frames + t);
    }
  }
  const maximum = most[0]!;
  const lowest = maximum - 8;
  for (let i = 0; i < result.length; i++) result[i] = (Math.max(result[i]!, lowest) + 4) / 4;
  return result;
}

/** The recording in `length` samples, with 200 mirrored samples at each end and zeros for the last frames of the kernel. */
function mirrored(samples: Float32Array, length: number): Float64Array {
  const edge = WINDOW / 2;
  const padded = new Float64Array(length + 2 * edge + 2 * HOP);
  padded.set(samples.subarray(0, length), edge);
  for (let i = 1; i <= edge; i++) {
    padded[edge - i] = padded[edge + i]!;
    padded[edge + length - 1 + i] = padded[edge + length - 1 - i]!;
  }
  return padded;
}

/** A triangular filter: its weights from its first bin on. */
interface MelFilter {
  first: number;
  weights: Float64Array;
}

/** Filters of unit area whose edges are equidistant on Slaney's scale. */
function melFilters(bands: number): MelFilter[] {
  const highest = hertzToMel(SAMPLE_RATE / 2);
  const edges = Array.from({ length: bands + 2 }, (_, i) => melToHertz(highest * i / (bands + 1)));
  return Array.from({ length: bands }, (_, band) => {
    const low = edges[band]!, middle = edges[band + 1]!, high = edges[band + 2]!;
    const all = Float64Array.from({ length: WINDOW / 2 + 1 }, (_, bin) => {
      const hertz = bin * SAMPLE_RATE / WINDOW;
      const height = Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
      return Math.max(0, height) * 2 / (high - low);
    });
    const first = Math.max(0, all.findIndex((weight) => weight > 0));
    return { first, weights: all.slice(first, all.findLastIndex((weight) => weight > 0) + 1) };
  });
}

// Slaney's scale: linear below 1000 Hz (15 mel), logarithmic above.
function hertzToMel(hertz: number): number {
  return hertz < 1000 ? 3 * hertz / 200 : 15 + Math.log(hertz / 1000) / LOG_STEP;
}
function melToHertz(mel: number): number {
  return mel < 15 ? 200 * mel / 3 : 1000 * Math.exp(LOG_STEP * (mel - 15));
}

type MelHeap = ReturnType<typeof createMelHeap>;
const heaps = new Map<number, MelHeap>();

/** The kernel's heap with its tables, and the offsets of its operands. */
function melHeap(bands: number): MelHeap {
  const known = heaps.get(bands) ?? createMelHeap(bands);
  heaps.set(bands, known);
  return known;
}

function createMelHeap(bands: number) {
  const turns = Array.from({ length: WINDOW }, (_, n) => 2 * Math.PI * n / WINDOW), fifth = 2 * Math.PI / 5;
  const tables = [
    ...turns.map((turn) => 0.5 - 0.5 * Math.cos(turn)), // Hann's window
    ...turns.map(Math.cos),
    ...turns.map((turn) => -Math.sin(turn)),
    ...[Math.cos(fifth), Math.cos(2 * fifth), Math.sin(fifth), Math.sin(2 * fifth)],
  ];
  const bank = melFilters(bands), all = bank.flatMap(({ weights }) => [...weights]);
  const sizes = [CHUNK * HOP + WINDOW, tables.length, bands, all.length, 6 * 2 * WINDOW, bands * CHUNK / 2];
  const heap = new OwnHeap(sizes.reduce((sum, size) => sum + 2 * size + 4, 0));
  const [signal, table, filters, weights, work, out] = sizes.map((size) => heap.give(2 * size)) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  heap.doubles(table, tables.length).set(tables);
  heap.integers(filters, 2 * bands).set(bank.flatMap(({ first, weights }) => [first, weights.length]));
  heap.doubles(weights, all.length).set(all);
  return { heap, signal, table, filters, weights, work, out };
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
