/**
 * Decodes and checks recordings, part by part, at their own sample rate.
 */
import decode from "audio-decode";
import { messageOf } from "../errors.ts";
import { AudioError } from "./audio_error.ts";
import { announcedEnd, checkEnd, oggEnd, overfullTable } from "./containers.ts";
import {
  type AudioFormat,
  type Bytes,
  convertCommand,
  foreignFormat,
  formatOf,
  FORMATS,
  HEAD,
  tagSize,
} from "./format.ts";
import { LevelMeter, type Levels } from "./levels.ts";
import { tablesFirst } from "./mp4_order.ts";
import { findWavSound } from "./wav.ts";

interface CheckedAudio {
  format: AudioFormat;
  sampleRate: number;
  channels: number;
  /** Samples per channel. */
  length: number;
  levels: Levels;
  /** Oddities of the file, apart from the levels. */
  warnings: string[];
}

/** Other sample rates come from damaged headers and would take unlimited memory. */
const RATES = { min: 1000, max: 768_000 };
/** The longest recording, in hours. It is read in parts; whoever holds all of it has a limit of his own. */
const MAX_HOURS = 24;
/** Other formats may be held in memory by their decoders. */
const STREAMED: ReadonlySet<AudioFormat> = new Set([
  "wav",
  "flac",
  "vorbis",
  "opus",
  "mp3",
  "mp4",
  "caf",
  "aiff",
  "wma",
]);
const MAX_BYTES = 2 ** 27;
/** The same of other formats: an hour of WebM takes 50 MB. */
const MAX_HELD_HOURS = 12;
/** Bytes that are decoded at a time: of WAV, and of other formats, in which they may be a minute. */
const [WAV_PART, PART] = [2 ** 20, 2 ** 16];
/** An Ogg without sound has up to three pages: headers, and the end. */
const HEADER_PAGES = 3;

/** The package's types lack some of its decoders. */
const DECODERS = decode as unknown as Record<string, typeof decode.wav>;

interface Decoded {
  /** A `[N]` array per channel; empty if nothing was decoded. */
  channelData: Float32Array[];
  sampleRate: number;
}

/** A decoded part of a recording: `[N]`, the mean of the channels. */
interface MonoPart {
  mono: Float32Array;
  sampleRate: number;
}

/**
 * Decodes a recording and checks everything that {@link AudioError} describes.
 *
 * @param name for error messages
 * @param maxHours a longer recording is refused
 * @returns parts, `[N]`, the mean of the channels; and at the end what is known of the recording
 * @throws {AudioError} if the bytes cannot be used, before or after a part.
 */
export async function* decodeParts(
  file: Bytes,
  name: string,
  maxHours: number = MAX_HOURS,
): AsyncGenerator<MonoPart, CheckedAudio> {
  if (file.size === 0) throw new AudioError(name, "empty", "the file has 0 bytes");
  const format = formatOf(file);
  if (format === undefined) throw unknownFormat(file.read(0, HEAD), name);
  const start = tagSize(file);
  const sound: Bytes = { size: file.size - start, read: (at, length) => file.read(start + at, length) };
  if (format === "wav") return yield* measured(decodeWav(sound, name, maxHours), name, format, maxHours);
  if (!STREAMED.has(format) && file.size > MAX_BYTES) {
    throw new AudioError(
      name,
      "too-long",
      `it has ${Math.round(file.size / 1e6)} MB: expected at most ${
        Math.round(MAX_BYTES / 1e6)
      } in this format. It is ` +
        `too large, so ${convertCommand(name)}`,
    );
  }
  const end = announcedEnd(sound, format);
  if (end !== undefined) {
    const because = `it has ${sound.size} of the ${end} bytes that it announces: copy it again`;
    throw new AudioError(name, "truncated", because);
  }
  const table = format === "mp4" ? overfullTable(sound) : undefined;
  if (table !== undefined) {
    throw new AudioError(name, "corrupt", `its table '${table}' announces more than the file holds: copy it again`);
  }
  const parts = inParts(format === "mp4" ? tablesFirst(sound) : sound);
  const most = STREAMED.has(format) ? maxHours : Math.min(maxHours, MAX_HELD_HOURS);
  return yield* measured(decoded(parts, format, name), name, format, most, sound);
}

function unknownFormat(bytes: Uint8Array, name: string): AudioError {
  const foreign = foreignFormat(bytes);
  if (foreign?.sound) {
    return new AudioError(name, "unknown-format", `it is ${foreign.name}, which is not read: ${convertCommand(name)}`);
  }
  return new AudioError(
    name,
    "unknown-format",
    foreign !== undefined
      ? `it is ${foreign.name}`
      : "its content is none of WAV, FLAC, Ogg, Opus, MP3, AAC, MP4, WebM, Core Audio, AIFF, Windows Media or AMR. " +
        `If a player plays it, ${convertCommand(name)}`,
  );
}

/** Mixes and measures decoded parts, and passes them on. */
async function* measured(
  parts: AsyncIterable<Decoded>,
  name: string,
  format: AudioFormat,
  maxHours: number,
  sound?: Bytes,
): AsyncGenerator<MonoPart, CheckedAudio> {
  const meter = new LevelMeter();
  let [sampleRate, channels, length] = [0, 0, 0];
  for await (const part of parts) {
    if (length === 0) {
      sampleRate = part.sampleRate;
      checkRate(sampleRate, name);
    }
    const mono = average(part.channelData);
    channels = Math.max(channels, part.channelData.length);
    length += mono.length;
    checkLength(length / sampleRate, name, maxHours);
    meter.add(part.channelData, mono);
    yield { mono, sampleRate };
  }
  const { truncated, warnings } = sound === undefined
    ? { warnings: [], truncated: undefined }
    : checkEnd(sound, format, length);
  if (truncated !== undefined) throw new AudioError(name, "truncated", truncated);
  if (length === 0) {
    throw hasSound(sound, format)
      ? new AudioError(name, "corrupt", "nothing in it can be decoded: copy it again")
      : new AudioError(name, "empty", "it has 0 samples: expected at least 1");
  }
  return { format, sampleRate, channels, length, levels: meter.levels(name), warnings };
}

function checkRate(rate: number, name: string): void {
  if (Number.isInteger(rate) && rate >= RATES.min && rate <= RATES.max) return;
  throw new AudioError(
    name,
    "corrupt",
    `its sample rate is ${rate}: expected a whole number of ${RATES.min} to ${RATES.max} Hz`,
  );
}

function checkLength(seconds: number, name: string, maxHours: number): void {
  if (seconds <= maxHours * 3600) return;
  const minutes = `ffmpeg -i IN -f segment -segment_time 1800 PART%03d.wav`;
  throw new AudioError(
    name,
    "too-long",
    `it has ${(seconds / 3600).toFixed(1)} hours or more: expected at most ${maxHours}. Split it: ${minutes}`,
  );
}

async function* decodeWav(file: Bytes, name: string, maxHours: number): AsyncGenerator<Decoded> {
  const { header, parts, length, rate } = findWavSound(file, name);
  checkRate(rate, name);
  checkLength(length / rate, name, maxHours);
  const bytes = function* (): Generator<Uint8Array> {
    yield header;
    for (const { from, to } of parts) {
      for (let at = from; at < to; at += WAV_PART) yield file.read(at, Math.min(WAV_PART, to - at));
    }
  };
  yield* decoded(bytes(), "wav", name);
}

function* inParts(file: Bytes): Generator<Uint8Array> {
  for (let at = 0; at < file.size; at += PART) yield file.read(at, PART);
}

async function* decoded(parts: Iterable<Uint8Array>, format: AudioFormat, name: string): AsyncGenerator<Decoded> {
  const [description, key] = FORMATS[format];
  let decoder: Awaited<ReturnType<typeof decode.wav>> | undefined;
  try {
    decoder = await DECODERS[key]!();
    for (const part of parts) {
      const decoded = await decoder(part);
      if (decoded.channelData.length > 0) yield decoded;
    }
    const last = await decoder();
    if (last.channelData.length > 0) yield last;
  } catch (error) {
    if (error instanceof AudioError) throw error;
    const reason = messageOf(error).replace(/\.$/, "");
    if (/no audio track|no audio stream/i.test(reason)) {
      throw new AudioError(name, "empty", `it is ${description} without sound`);
    }
    if (/unsupported|no decoder|not supported/i.test(reason)) {
      throw new AudioError(
        name,
        "unknown-format",
        `it is ${description} with a codec that is not read (${reason}): ${convertCommand(name)}`,
      );
    }
    throw new AudioError(name, "corrupt", `the decoder of ${description} failed: ${reason}`);
  } finally {
    decoder?.free();
  }
}

/** Whether a file has more than a header although nothing could be decoded. */
function hasSound(sound: Bytes | undefined, format: AudioFormat): boolean {
  if (sound === undefined || format === "flac") return false; // checkEnd refuses a FLAC that announces samples
  if (format !== "vorbis" && format !== "opus") return sound.size > 0;
  const { pages, damaged } = oggEnd(sound);
  return damaged > 0 || pages > HEADER_PAGES;
}

/** The mean of the channels. A mono recording is not copied. */
function average(channels: Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (first === undefined || others.length === 0) return first ?? new Float32Array(0);
  const mono = first.slice();
  for (const channel of others) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i] ?? 0;
  }
  for (let i = 0; i < mono.length; i++) mono[i]! /= channels.length;
  return mono;
}
