/**
 * Recordings as another speaker in another room could have made them.
 *
 * @module
 */
import { SAMPLE_RATE } from "../../../lib/audio/log_mel.ts";
import { resample } from "../../../lib/audio/resample.ts";
import type { Random } from "../../../lib/random.ts";

/**
 * A recording played faster or slower (by 0.8 to 1.25, so that pitch, formants and rate change together), duller or brighter,
 * up to 6 dB louder or softer, with a little noise.
 *
 * @param samples `[N]`, 16 kHz mono
 * @returns `[about N / speed]`
 */
export function changedVoice(samples: Float32Array, random: Random): Float32Array {
  const speed = Math.exp(random.uniform(Math.log(0.8), Math.log(1.25)));
  const rate = SAMPLE_RATE * Math.round(80 * speed) / 80; // few ratios, so that filters are few
  const played = resample(samples, rate, SAMPLE_RATE, { zeros: 16 });
  const colour = random.uniform(-0.25, 0.25);
  const gain = 10 ** (random.uniform(-6, 6) / 20);
  const noise = 10 ** (random.uniform(-95, -60) / 20);
  let before = 0;
  return played.map((value) => {
    const coloured = (value + colour * before) / (1 + Math.abs(colour));
    before = value;
    return gain * coloured + noise * random.normal();
  });
}
