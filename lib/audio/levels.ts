/**
 * How loud a recording is, and whether that is a reason not to use it.
 *
 * @module
 */
import { AudioError } from "./audio_error.ts";

/** Loudness of a recording, over all its channels. */
export interface Levels {
  /** Largest absolute sample value; 1 is full scale. */
  peak: number;
  /** Share of the samples that stand at full scale in runs of 3 or more, in [0, 1]. */
  clippedShare: number;
  /** Mean of all samples. */
  offset: number;
}

/** From here on a sample counts as full scale: the largest 8-bit value is 127 / 128. */
const FULL_SCALE = 0.999;
/** So many equal neighbours at full scale are a clipped peak, not a loud one. */
const CLIPPED_RUN = 3;
/** Below this peak (-60 dB) a recording is nearly silent. */
const NEARLY_SILENT = 1e-3;
/** From this share of clipped samples on a recording is worth a warning. */
const CLIPPED = 1e-3;
/** From this mean on, as a part of the peak, a recording has an offset worth a warning. */
const OFFSET = 0.1;
/** From this peak on a recording of floats has another scale. */
const LOUD = 10;

/**
 * Measures a recording.
 *
 * @param channels `[N]` each
 * @param name used in error messages only
 * @throws {AudioError} `not-finite` or `silent`.
 */
export function levelsOf(channels: readonly Float32Array[], name: string): Levels {
  let peak = 0, clipped = 0, sum = 0, count = 0;
  let constant = true; // as silence is, which in A-law is not even 0
  for (const samples of channels) {
    let run = 0;
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i]!;
      const size = Math.abs(value);
      if (!(size < Infinity)) {
        throw new AudioError(name, "not-finite", `sample ${i} is ${value}: expected finite numbers`);
      }
      if (size > peak) peak = size;
      if (value !== samples[0]) constant = false;
      sum += value;
      if (size < FULL_SCALE) run = 0;
      else if (++run > CLIPPED_RUN) clipped++;
      else if (run === CLIPPED_RUN) clipped += CLIPPED_RUN;
    }
    count += samples.length;
  }
  if (constant) throw new AudioError(name, "silent", `all of its ${count} samples are the same: expected sound`);
  return { peak, clippedShare: clipped / count, offset: sum / count };
}

/** What is odd about a recording that can be used, a sentence each. */
export function levelWarnings({ peak, clippedShare, offset }: Levels): string[] {
  const warnings: string[] = [];
  if (peak < NEARLY_SILENT) {
    warnings.push(`nearly silent: its peak is ${decibels(peak)} dB of full scale, expected above -60`);
  }
  if (peak >= LOUD) warnings.push(`loud: its peak is ${peak.toPrecision(3)} times full scale, expected about 1`);
  if (peak < LOUD && clippedShare >= CLIPPED) {
    warnings.push(`clipped: ${(100 * clippedShare).toFixed(1)} % of its samples stand at full scale in runs`);
  }
  if (Math.abs(offset) >= OFFSET * peak) {
    warnings.push(`offset: its mean is ${offset.toFixed(4)}, at a peak of ${peak.toFixed(4)}, expected about 0`);
  }
  return warnings;
}

function decibels(value: number): string {
  return (20 * Math.log10(value)).toFixed(0);
}
