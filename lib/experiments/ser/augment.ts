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
