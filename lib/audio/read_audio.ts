/**
 * Recordings from files: WAV, FLAC, Ogg Vorbis, Opus, MP3; the content decides, never the name.
 *
 * @module
 */
import { isAbsence } from "../files/read.ts";
import { AudioError } from "./audio_error.ts";
import { decodeChecked } from "./decode_checked.ts";
import { SAMPLE_RATE } from "./log_mel.ts";
import { resample } from "./resample.ts";

export { AudioError, type AudioProblem } from "./audio_error.ts";

/**
 * Reads a recording as 16 kHz mono: decoded, channels averaged, resampled.
 *
 * @returns `[N]`, 16,000 samples a second, about within [-1, 1]
 * @throws {AudioError} where the file is missing or cannot be used; its `problem` says why.
 */
export async function readAudio(path: string): Promise<Float32Array> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (isAbsence(error)) {
      throw new AudioError(path, "missing", "there is no such file: check the data set's folder");
    }
    if (error instanceof Deno.errors.IsADirectory) throw new AudioError(path, "missing", "it is a folder, not a file");
    throw error;
  }
  return await decodeAudio(bytes, path);
}

/**
 * Decodes a recording from the bytes of its file; see {@link readAudio}.
 *
 * @param name used in error messages only
 * @throws {AudioError} where the bytes cannot be used.
 */
export async function decodeAudio(bytes: Uint8Array, name: string): Promise<Float32Array> {
  const { mono, sampleRate } = await decodeChecked(bytes, name);
  return resample(mono, sampleRate, SAMPLE_RATE);
}
