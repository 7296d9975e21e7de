/**
 * Measures how loud a recording is, and refuses silence.
 */
import { AudioError } from "./audio_error.ts";

/** The levels of a recording. */
export interface Levels {
  /** Largest absolute sample value of any channel. 1 is full scale. */
  peak: number;
  /** Largest absolute sample value after the channels are mixed. */
  mixedPeak: number;
  /** Share of the samples at full scale in runs of 3 or more, in [0, 1]. */
  clippedShare: number;
  /** Mean of all samples. */
  offset: number;
}

/** Samples from this value on count as full scale. */
const FULL_SCALE = 0.999;
/** Number of neighboring samples at full scale that make a clipped peak, not just a loud one. */
const CLIPPED_RUN = 3;
/** Below this peak (-60 dB) a recording is nearly silent. */
const NEARLY_SILENT = 1e-3;
/** Channels cancel out if their mean has less than this share of their power (-50 dB). The rest is rounding or codec noise. */
const CANCELLED = 1e-5;
/** Minimum share of clipped samples for a warning. */
const CLIPPED = 1e-3;
/** Minimum offset for a warning, as a share of the peak. */
const OFFSET = 0.1;
/** Minimum peak of float samples that are on another scale. */
const LOUD = 10;

/** Measures a recording part by part. */
export class LevelMeter {
  #peak = 0;
  #mixedPeak = 0;
  #clipped = 0;
  #sum = 0;
  #power = 0;
  #mixedPower = 0;
  #channels = 0;
  #count = 0;
  #length = 0;
  #runs: number[] = [];
  #first: number | undefined;
  #constant = true; // silence is constant, but not 0 in A-law
  #wrong: string | undefined;

  /**
   * Measures a part.
   *
   * @param channels `[N]` each
   * @param mixed `[N]`, their mean
   */
  add(channels: readonly Float32Array[], mixed: Float32Array): void {
    let [peak, sum, power, clipped] = [this.#peak, this.#sum, this.#power, this.#clipped];
    for (const [c, samples] of channels.entries()) {
      let run = this.#runs[c] ?? 0;
      for (let i = 0; i < samples.length; i++) {
        const value = samples[i]!;
        const size = Math.abs(value);
        if (!(size < Infinity)) this.#wrong ??= `sample ${this.#length + i} is ${value}`;
        if (size > peak) peak = size;
        sum += value;
        power += value * value;
        if (size < FULL_SCALE) run = 0;
        else if (++run > CLIPPED_RUN) clipped++;
        else if (run === CLIPPED_RUN) clipped += CLIPPED_RUN;
      }
      this.#runs[c] = run;
    }
    [this.#peak, this.#sum, this.#power, this.#clipped] = [peak, sum, power, clipped];
    const first = this.#first ??= mixed[0];
    let [mixedPeak, mixedPower, constant] = [this.#mixedPeak, this.#mixedPower, this.#constant];
    for (let i = 0; i < mixed.length; i++) {
      const value = mixed[i]!;
      if (value !== first) constant = false;
      mixedPower += value * value;
      mixedPeak = Math.max(mixedPeak, Math.abs(value));
    }
    [this.#mixedPeak, this.#mixedPower, this.#constant] = [mixedPeak, mixedPower, constant];
    this.#channels = Math.max(this.#channels, channels.length);
    this.#count += mixed.length * channels.length;
    this.#length += mixed.length;
  }

  /**
   * The levels of the whole recording.
   *
   * @throws {AudioError} `not-finite` or `silent`.
   */
  levels(name: string): Levels {
    const count = this.#count;
    if (this.#wrong !== undefined) throw new AudioError(name, "not-finite", `${this.#wrong}: expected finite numbers`);
    if (this.#mixedPower < CANCELLED * this.#power / this.#channels) {
      throw new AudioError(
        name,
        "silent",
        `its ${this.#channels} channels cancel out when they are mixed: expected sound. If one of them is inverted, ` +
          `take the other alone: ffmpeg -i IN -af "pan=mono|c0=c0" OUT.wav`,
      );
    }
    if (this.#constant) {
      throw new AudioError(name, "silent", `all of its ${count} samples are the same: expected sound`);
    }
    return {
      peak: this.#peak,
      mixedPeak: this.#mixedPeak,
      clippedShare: this.#clipped / count,
      offset: this.#sum / count,
    };
  }
}

/** Warnings about the levels of a usable recording. */
export function levelWarnings({ peak, mixedPeak, clippedShare, offset }: Levels): string[] {
  const warnings: string[] = [];
  if (mixedPeak < NEARLY_SILENT) {
    warnings.push(`nearly silent: its peak is ${decibels(mixedPeak)} dB of full scale, expected above -60`);
  }
  if (peak >= LOUD) warnings.push(`loud: its peak is ${peak.toPrecision(3)} times full scale, expected about 1`);
  if (peak < LOUD && clippedShare >= CLIPPED) {
    warnings.push(`clipped: ${(100 * clippedShare).toFixed(1)} % of its samples are at full scale in runs`);
  }
  if (Math.abs(offset) >= OFFSET * peak) {
    warnings.push(`offset: its mean is ${offset.toFixed(4)}, at a peak of ${peak.toFixed(4)}, expected about 0`);
  }
  return warnings;
}

function decibels(value: number): string {
  return (20 * Math.log10(value)).toFixed(0);
}
