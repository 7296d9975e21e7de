/**
 * Recordings decoded and checked, at their own rate.
 *
 * @module
 */
import decode from "audio-decode";
import { messageOf } from "../errors.ts";
import { AudioError } from "./audio_error.ts";
import { type AudioFormat, formatOf } from "./format.ts";
import { type Levels, levelsOf } from "./levels.ts";
import { isTruncated } from "./truncated.ts";

/** A recording that can be used. */
export interface CheckedAudio {
  /** What the file is. */
  format: AudioFormat;
  /** Samples a second. */
  sampleRate: number;
  /** Number of channels in the file. */
  channels: number;
  /** `[N]`, mean of the channels, at the file's own rate. */
  mono: Float32Array;
  /** How loud it is. */
  levels: Levels;
}

/**
 * Decodes a recording and checks all that {@link AudioError} tells.
 *
 * @param name used in error messages only
 * @throws {AudioError} where the bytes cannot be used.
 */
export async function decodeChecked(bytes: Uint8Array, name: string): Promise<CheckedAudio> {
  if (bytes.length === 0) throw new AudioError(name, "empty", "the file has 0 bytes");
  const format = formatOf(bytes);
  if (format === undefined) {
    throw new AudioError(name, "unknown-format", "its content is none of WAV, FLAC, Ogg Vorbis, Opus, MP3");
  }
  const { channelData, sampleRate } = await decoded(bytes, name);
  const length = channelData[0]?.length ?? 0;
  if (isTruncated(bytes, length)) {
    throw new AudioError(name, "truncated", "the file ends before what its header announces: copy it again");
  }
  if (length === 0) throw new AudioError(name, "empty", "it has 0 samples: expected at least 1");
  if (!Number.isInteger(sampleRate) || sampleRate <= 0) {
    throw new AudioError(name, "corrupt", `its sample rate is ${sampleRate}: expected a positive whole number`);
  }
  const levels = levelsOf(channelData, name);
  return { format, sampleRate, channels: channelData.length, mono: average(channelData), levels };
}

async function decoded(bytes: Uint8Array, name: string): Promise<{ channelData: Float32Array[]; sampleRate: number }> {
  try {
    return await decode(bytes);
  } catch (error) {
    throw new AudioError(name, "corrupt", `the decoder failed: ${messageOf(error).replace(/\.$/, "")}`);
  }
}

/** Mean of the channels. A mono recording is not copied. */
function average(channels: Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (first === undefined || others.length === 0) return first ?? new Float32Array(0);
  const mono = Float32Array.from(first);
  for (const channel of others) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i] ?? 0;
  }
  return mono.map((value) => value / channels.length);
}
