/**
 * What a recording is, without using it.
 *
 * @module
 */
import { decodeChecked } from "./decode_checked.ts";
import { levelWarnings } from "./levels.ts";

/** Facts about a recording that can be used. */
export interface AudioFacts {
  /** `"wav"`, `"flac"`, `"vorbis"`, `"opus"` or `"mp3"`: what the content is, whatever the name says. */
  format: string;
  /** How long it is. */
  seconds: number;
  /** Samples a second, in the file. */
  sampleRate: number;
  /** Channels in the file. */
  channels: number;
  /** Largest absolute sample value of any channel; 1 is full scale. */
  peak: number;
  /** Share of the samples that stand at full scale in runs, in [0, 1]. */
  clippedShare: number;
  /** What is odd about it, though it can be used; each begins with a word for the kind and a colon. */
  warnings: string[];
}

/**
 * Decodes a recording whole and makes all checks of `decodeAudio`, but does not resample.
 *
 * @param name used in error messages only
 * @throws {AudioError} where the bytes cannot be used; its `problem` says why.
 *
 * @example
 * ```ts
 * import { inspectAudio } from "./inspect.ts";
 * const file = new URL("../../tests/fixtures/audio/tone.flac", import.meta.url);
 * const { format, sampleRate, warnings } = await inspectAudio(await Deno.readFile(file), "tone.flac");
 * if (format !== "flac" || sampleRate < 1 || warnings.length > 0) throw new Error("not the tone");
 * ```
 */
export async function inspectAudio(bytes: Uint8Array, name: string): Promise<AudioFacts> {
  const { format, mono, sampleRate, channels, levels, warnings } = await decodeChecked(bytes, name);
  const { peak, clippedShare } = levels;
  const seconds = mono.length / sampleRate;
  return {
    format,
    seconds,
    sampleRate,
    channels,
    peak,
    clippedShare,
    warnings: [...warnings, ...levelWarnings(levels)],
  };
}
