/**
 * The log-mel spectrogram at the size of a figure.
 *
 * @module
 */
import { logMel } from "../../audio/log_mel.ts";

/** A spectrogram of few enough numbers for a file that a person opens. */
export interface Spectrogram {
  /** Rows; the first is the lowest pitch. */
  bands: number;
  /** Columns, evenly spread over the recording. */
  columns: number;
  /** Length of the recording. */
  seconds: number;
  /** `[bands * columns]`, row by row: 0 is the quietest, 255 the loudest place of the recording. */
  levels: number[];
}

/** Mel bands of Whisper, of which two make a row. */
const MEL_BANDS = 80;

/**
 * Whisper's log-mel spectrogram of a recording, averaged to 40 bands and at most so many columns.
 *
 * @param samples `[N]`, 16 kHz
 * @param most columns at most; a shorter recording has one a frame of 10 ms. Default 300.
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
