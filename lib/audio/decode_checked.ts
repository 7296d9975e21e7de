/**
 * Recordings decoded and checked, at their own rate.
 *
 * @module
 */
import decode from "audio-decode";
import { messageOf } from "../errors.ts";
import { AudioError } from "./audio_error.ts";
import { type AudioFormat, formatOf, tagSize } from "./format.ts";
import { type Levels, levelsOf } from "./levels.ts";
import { oggEnd } from "./ogg.ts";
import { checkEnd } from "./truncated.ts";
import { plainWav } from "./wav.ts";

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
  /** What is odd about the file, beside the levels. */
  warnings: string[];
}

/** The slowest and the fastest rate of a recording: others are damaged headers, and would take memory without end. */
const RATES = { least: 1000, most: 768_000 };

/** First byte of an Ogg file. */
const OGG = 0x4f;
/** An Ogg without sound has up to three pages: headers, and the end. */
const HEADER_PAGES = 3;

const DECODERS = {
  wav: decode.wav,
  flac: decode.flac,
  vorbis: decode.oga,
  opus: decode.opus,
  mp3: decode.mp3,
} as const satisfies Record<AudioFormat, unknown>;

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
  const sound = format === "mp3" ? bytes : bytes.subarray(tagSize(bytes));
  const { channelData, sampleRate } = await decoded(format === "wav" ? plainWav(sound, name) : sound, format, name);
  const length = channelData[0]?.length ?? 0;
  const { truncated, warnings } = format === "wav" ? { warnings: [] } : checkEnd(bytes, format, length);
  if (truncated !== undefined) throw new AudioError(name, "truncated", truncated);
  if (length === 0) {
    throw hasSound(sound, format)
      ? new AudioError(name, "corrupt", "nothing in it can be decoded: copy it again")
      : new AudioError(name, "empty", "it has 0 samples: expected at least 1");
  }
  if (!Number.isInteger(sampleRate) || sampleRate < RATES.least || sampleRate > RATES.most) {
    throw new AudioError(
      name,
      "corrupt",
      `its sample rate is ${sampleRate}: expected a whole number of ${RATES.least} to ${RATES.most} Hz`,
    );
  }
  const levels = levelsOf(channelData, name);
  const mono = average(channelData);
  if (mono.every((value) => value === 0)) {
    throw new AudioError(name, "silent", `its ${channelData.length} channels cancel out: expected sound`);
  }
  return { format, sampleRate, channels: channelData.length, mono, levels, warnings };
}

async function decoded(
  bytes: Uint8Array,
  format: AudioFormat,
  name: string,
): Promise<{ channelData: Float32Array[]; sampleRate: number }> {
  try {
    const decoder = await DECODERS[format]();
    const [first, last] = [await decoder(bytes), await decoder()];
    if (first.channelData.length === 0) return last;
    const channelData = first.channelData.map((samples, i) => joined(samples, last.channelData[i]));
    return { channelData, sampleRate: first.sampleRate };
  } catch (error) {
    throw new AudioError(name, "corrupt", `the decoder failed: ${messageOf(error).replace(/\.$/, "")}`);
  }
}

/** Whether there is more than a header in a file of which nothing could be decoded. */
function hasSound(file: Uint8Array, format: AudioFormat): boolean {
  if (format === "mp3") return file.length > tagSize(file);
  if (file[0] !== OGG) return false; // a FLAC that announces none, as checkEnd has seen
  const { pages, damaged } = oggEnd(file);
  return damaged > 0 || pages > HEADER_PAGES;
}

function joined(first: Float32Array, second: Float32Array | undefined): Float32Array {
  if (second === undefined || second.length === 0) return first;
  const all = new Float32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
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
