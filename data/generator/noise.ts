/**
 * Background noise at a chosen signal-to-noise ratio.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";

/** The kinds of noise: hiss, rumble, and many voices at once. */
export type NoiseKind = "white" | "pink" | "babble";

/** All kinds of noise. */
export const NOISE_KINDS: readonly NoiseKind[] = ["white", "pink", "babble"];

/** Mean square of the samples; 0 for none. */
export function power(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return samples.length === 0 ? 0 : sum / samples.length;
}

/**
 * Noise of the given length with mean square 1, at 16 kHz. Pink noise falls by 3 dB an octave (filter of Paul Kellet);
 * babble is pink noise that swells and fades as syllables do.
 */
export function makeNoise(kind: NoiseKind, length: number, random: Random): Float32Array {
  const noise = new Float32Array(length);
  for (let i = 0; i < length; i++) noise[i] = random.normal();
  if (kind !== "white") turnPink(noise);
  if (kind === "babble") modulate(noise, random);
  const scale = 1 / Math.sqrt(power(noise) || 1);
  for (let i = 0; i < length; i++) noise[i] = (noise[i] as number) * scale;
  return noise;
}

/** White noise becomes pink, in place. */
function turnPink(noise: Float32Array): void {
  let [slow, middle, fast] = [0, 0, 0];
  for (let i = 0; i < noise.length; i++) {
    const white = noise[i] as number;
    slow = 0.99765 * slow + white * 0.099046;
    middle = 0.963 * middle + white * 0.2965164;
    fast = 0.57 * fast + white * 1.0526913;
    noise[i] = slow + middle + fast + white * 0.1848;
  }
}

/** The sum of four random slow swellings, 2 to 6 Hz, multiplies the noise, in place. */
function modulate(noise: Float32Array, random: Random): void {
  const waves = Array.from({ length: 4 }, () => ({
    step: 2 * Math.PI * random.uniform(2, 6) / 16000,
    phase: random.uniform(0, 2 * Math.PI),
  }));
  for (let i = 0; i < noise.length; i++) {
    let level = 0;
    for (const { step, phase } of waves) level += 1 + Math.sin(step * i + phase);
    noise[i] = (noise[i] as number) * level;
  }
}

/**
 * The samples with noise added so that the ratio of their mean squares is `snrDb`; louder than full scale is scaled
 * down to 0.99.
 *
 * @throws {RangeError} where `snrDb` is not finite.
 *
 * @example
 * ```ts
 * import { Random } from "../../lib/random.ts";
 * import { addNoise } from "./noise.ts";
 * const noisy = addNoise(new Float32Array(16000).fill(0.1), 10, new Random(3));
 * if (noisy.length !== 16000) throw new Error("length");
 * ```
 */
export function addNoise(samples: Float32Array, snrDb: number, random: Random, kind?: NoiseKind): Float32Array {
  if (!Number.isFinite(snrDb)) {
    throw new RangeError(`Cannot add noise as 'snrDb' must be finite: current value is ${snrDb}`);
  }
  const noise = makeNoise(kind ?? random.choice(NOISE_KINDS), samples.length, random);
  const level = Math.sqrt(power(samples) / 10 ** (snrDb / 10));
  const noisy = samples.map((value, i) => value + level * (noise[i] as number));
  return withPeak(noisy, 0.99, { onlyDown: true });
}

/** The samples scaled to the given largest magnitude; silence stays as it is. */
export function withPeak(samples: Float32Array, peak: number, options: { onlyDown?: boolean } = {}): Float32Array {
  let largest = 0;
  for (const value of samples) largest = Math.max(largest, Math.abs(value));
  if (largest === 0 || (options.onlyDown === true && largest <= peak)) return samples;
  return samples.map((value) => value * peak / largest);
}
