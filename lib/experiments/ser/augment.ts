/**
 * Data augmentation of train clips: noise, time stretch and pitch, as in the paper's published code, and random pieces.
 */
import { SAMPLE_RATE } from "../../audio/log_mel.ts";
import { resample } from "../../audio/resample.ts";
import type { Random } from "../../random.ts";
import type { Example } from "../../training/examples.ts";

/** Length of the pieces that {@link stretch} overlaps, and their distance: 32 and 16 ms. */
const [PIECE, HOP] = [512, 256];
/** The most that a piece may move from its nominal start, in samples: 8 ms, half a period of a low voice. */
const SLACK = 128;

/**
 * Changes a recording's duration but not its pitch. It adds overlapping pieces, each from the position where it best
 * continues the previous one (WSOLA, Verhelst and Roelands 1993).
 *
 * @param samples `[N]`
 * @param factor the result's length divided by the recording's; from 0.5 to 2
 * @returns `[round(N * factor)]`
 * @throws {RangeError} if the factor is out of range.
 */
export function stretch(samples: Float32Array, factor: number): Float32Array {
  if (!(factor >= 0.5 && factor <= 2)) {
    throw new RangeError(`Cannot stretch as 'factor' must be in [0.5, 2]: current value is ${factor}`);
  }
  const length = Math.round(samples.length * factor);
  const sum = new Float64Array(length + PIECE), weight = new Float64Array(length + PIECE);
  let follows = 0; // where the previous piece would continue
  for (let to = 0; to < length; to += HOP) {
    const wanted = Math.round(to / factor);
    const from = to === 0 ? 0 : bestStart(samples, wanted, follows);
    for (let i = 0; i < PIECE && from + i < samples.length; i++) {
      const share = 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / PIECE);
      sum[to + i]! += share * samples[from + i]!;
      weight[to + i]! += share;
    }
    follows = from + HOP;
  }
  return Float32Array.from({ length }, (_, i) => weight[i]! > 1e-3 ? sum[i]! / weight[i]! : 0);
}

/** Finds the start near `wanted` whose samples correlate best with those from `follows` on. */
function bestStart(samples: Float32Array, wanted: number, follows: number): number {
  let best = wanted, highest = -Infinity;
  for (let start = Math.max(0, wanted - SLACK); start <= wanted + SLACK; start += 4) {
    let product = 0, energy = 1e-9;
    for (let i = 0; i < HOP; i += 2) {
      const value = samples[start + i] ?? 0;
      product += value * (samples[follows + i] ?? 0);
      energy += value * value;
    }
    const correlation = product / Math.sqrt(energy);
    if (correlation > highest) [best, highest] = [start, correlation];
  }
  return best;
}

/** Shifts the pitch by at most 12 semitones up or down; the length does not change. */
export function shiftPitch(samples: Float32Array, semitones: number): Float32Array {
  const rate = SAMPLE_RATE * Math.round(160 * 2 ** (semitones / 12)) / 160; // rounded: each ratio needs its own filter
  const longer = stretch(samples, rate / SAMPLE_RATE);
  const pitched = resample(longer, rate, SAMPLE_RATE); // played faster, it has the old length
  const result = new Float32Array(samples.length);
  result.set(pitched.subarray(0, samples.length));
  return result;
}

/** Adds white noise that is `decibels` below the recording's level. */
export function addNoise(samples: Float32Array, decibels: number, random: Random): Float32Array {
  const level = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / Math.max(1, samples.length));
  const deviation = level * 10 ** (-decibels / 20);
  return samples.map((value) => value + deviation * random.normal());
}

/** Makes a changed copy: stretched by 0.85 to 1.15, shifted by up to 2 semitones, with noise 15 to 40 dB below the speech. */
export function augment(samples: Float32Array, random: Random): Float32Array {
  const stretched = stretch(samples, random.uniform(0.85, 1.15));
  return addNoise(shiftPitch(stretched, random.uniform(-2, 2)), random.uniform(15, 40), random);
}

/**
 * Averages the frames of a clip's encoder states in groups of at least `pool`, all but equally long.
 *
 * @returns the clip itself if it has no states, or `pool` is 1. The states are read once.
 */
export function pooled(example: Example, pool: number): Example {
  const { states } = example;
  if (states === undefined || pool === 1) return example;
  const { frames, width } = states, groups = Math.max(1, Math.floor(frames / pool));
  const average = async (): Promise<Float32Array> => {
    const values = await states.values(), means = new Float32Array(groups * width);
    for (let f = 0; f < frames; f++) {
      const group = Math.min(groups - 1, Math.floor(f * groups / frames));
      for (let i = 0; i < width; i++) means[group * width + i]! += values[f * width + i]!;
    }
    const sizes = Array.from(
      { length: groups },
      (_, g) => Math.ceil((g + 1) * frames / groups) - Math.ceil(g * frames / groups),
    );
    return means.map((sum, i) => sum / sizes[Math.floor(i / width)]!);
  };
  let means: Promise<Float32Array> | undefined;
  return { ...example, states: { frames: groups, width, values: () => means ??= average() } };
}

/**
 * Makes a function that standardizes clips: each value of a frame gets mean 0 and deviation 1 over the frames of `train`.
 * Columns of Whisper's states differ a hundredfold in size, and what tells emotions apart is not in the largest.
 */
export async function standardizer(train: readonly Example[]): Promise<(example: Example) => Example> {
  const width = train[0]?.states?.width ?? 0;
  const sums = new Float64Array(width), squares = new Float64Array(width);
  let frames = 0;
  for (const { states } of train) {
    const values = await states?.values() ?? [];
    for (let at = 0; at < values.length; at += width, frames++) {
      for (let i = 0; i < width; i++) {
        sums[i]! += values[at + i]!;
        squares[i]! += values[at + i]! ** 2;
      }
    }
  }
  const mean = sums.map((sum) => sum / frames);
  const scale = squares.map((square, i) => 1 / Math.sqrt(Math.max(1e-10, square / frames - mean[i]! ** 2)));
  return (example) => {
    const { states } = example;
    if (states === undefined) return example;
    const values = async (): Promise<Float32Array> =>
      (await states.values()).map((value, at) => (value - mean[at % width]!) * scale[at % width]!);
    return { ...example, states: { ...states, values } };
  };
}

/**
 * Cuts a random piece out of a clip's encoder states; its text does not change.
 *
 * @param least the least share of frames that the piece has; 1 returns the clip itself
 */
export function cropped(example: Example, least: number, random: Random): Example {
  const { states } = example;
  if (states === undefined || least >= 1) return example;
  const frames = Math.max(1, Math.round(states.frames * random.uniform(least, 1)));
  const first = random.integer(states.frames - frames + 1);
  const values = async (): Promise<Float32Array> =>
    (await states.values()).subarray(first * states.width, (first + frames) * states.width);
  return { ...example, states: { ...states, frames, values } };
}
