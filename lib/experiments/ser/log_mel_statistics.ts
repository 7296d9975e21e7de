/**
 * The baseline's features: what a spectrogram tells without any model.
 *
 * @module
 */
import { HOP, logMel } from "../../audio/log_mel.ts";

/** Bands of the spectrogram. */
export const BANDS = 80;

/**
 * Mean, deviation, maximum and minimum over time of each band of the log-mel spectrogram: 320 numbers a recording.
 *
 * @param samples `[N]`, 16 kHz mono
 * @returns `[4 * 80]`: the four statistics of band 0, of band 1, ...
 *
 * @example
 * ```ts
 * import { logMelStatistics } from "./log_mel_statistics.ts";
 * const row = logMelStatistics(new Float32Array(16000).map((_, i) => Math.sin(2 * Math.PI * 440 * i / 16000)));
 * if (row.length !== 320 || !(row[2]! >= row[0]!)) throw new Error("the maximum lies above the mean");
 * ```
 */
export function logMelStatistics(samples: Float32Array): Float64Array {
  const frames = Math.max(2, Math.ceil(samples.length / HOP));
  const mels = logMel(samples, { frames, bands: BANDS }); // [80 * frames], band by band
  const row = new Float64Array(4 * BANDS);
  for (let band = 0; band < BANDS; band++) {
    const values = mels.subarray(band * frames, (band + 1) * frames);
    const mean = values.reduce((sum, value) => sum + value, 0) / frames;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / frames;
    row.set([mean, Math.sqrt(variance), Math.max(...values), Math.min(...values)], 4 * band);
  }
  return row;
}
