/**
 * Recordings from files: WAV, FLAC, Ogg Vorbis, Opus, MP3; the content decides, never the name.
 *
 * @module
 */
import decode from "audio-decode";
import { InputError, messageOf } from "../errors.ts";
import { isTruncated } from "./truncated.ts";
import { SAMPLE_RATE } from "./log_mel.ts";
import { resample } from "./resample.ts";

/**
 * What can be wrong with a recording:
 * - `missing`: no file at the path;
 * - `empty`: no bytes, or no samples inside (a header alone);
 * - `unknown-format`: neither of the known formats;
 * - `corrupt`: the decoder gave up, or reported no sample rate;
 * - `truncated`: the file ends before what its header announces;
 * - `not-finite`: samples that are no numbers;
 * - `silent`: digital silence from beginning to end.
 */
export type AudioProblem = "missing" | "empty" | "unknown-format" | "corrupt" | "truncated" | "not-finite" | "silent";

/** A recording that cannot be used; {@link AudioError.problem} says why in a word. */
export class AudioError extends InputError {
  /** What is wrong. */
  readonly problem: AudioProblem;
  /** Made from the file's name, the problem and a phrase that completes "Cannot read audio 'x' as ...". */
  constructor(file: string, problem: AudioProblem, because: string) {
    super(`Cannot read audio '${file}' as ${because}.`);
    this.problem = problem;
  }
}

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
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
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
  if (bytes.length === 0) throw new AudioError(name, "empty", "the file has 0 bytes");
  const { channelData, sampleRate } = await decoded(bytes, name);
  const length = channelData[0]?.length ?? 0;
  if (isTruncated(bytes, length)) {
    throw new AudioError(name, "truncated", "the file ends before what its header announces: copy it again");
  }
  if (length === 0) throw new AudioError(name, "empty", "it has 0 samples: expected at least 1");
  if (!Number.isInteger(sampleRate) || sampleRate <= 0) {
    throw new AudioError(name, "corrupt", `its sample rate is ${sampleRate}: expected a positive whole number`);
  }
  const mono = average(channelData);
  let loudest = 0;
  for (let i = 0; i < mono.length; i++) {
    const value = Math.abs(mono[i]!);
    if (!(value < Infinity)) {
      throw new AudioError(name, "not-finite", `sample ${i} is ${mono[i]}: expected finite numbers`);
    }
    if (value > loudest) loudest = value;
  }
  if (loudest === 0) throw new AudioError(name, "silent", `all of its ${mono.length} samples are 0: expected sound`);
  return resample(mono, sampleRate, SAMPLE_RATE);
}

async function decoded(bytes: Uint8Array, name: string): Promise<{ channelData: Float32Array[]; sampleRate: number }> {
  try {
    return await decode(bytes);
  } catch (error) {
    const message = messageOf(error);
    if (/unknown audio format|no decoder/i.test(message)) {
      throw new AudioError(name, "unknown-format", "its content is none of WAV, FLAC, Ogg Vorbis, Opus, MP3");
    }
    throw new AudioError(name, "corrupt", `the decoder failed: ${message.replace(/\.$/, "")}`);
  }
}

/** Mean of the channels. A mono recording is not copied. */
function average(channels: Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (first === undefined) return new Float32Array(0);
  if (others.length === 0) return first;
  const mono = Float32Array.from(first);
  for (const channel of others) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i] ?? 0;
  }
  return mono.map((value) => value / channels.length);
}
