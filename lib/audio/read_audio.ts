/**
 * Reads recordings as 16 kHz mono, or facts about them. The content of a file determines its format, not its name.
 */
import { isAbsence } from "../files/read.ts";
import { AudioError } from "./audio_error.ts";
import { decodeParts } from "./decode.ts";
import { levelWarnings } from "./levels.ts";
import { SAMPLE_RATE } from "./log_mel.ts";
import { type Bytes, bytesOf } from "./format.ts";
import { joinParts, Resampler } from "./resample.ts";

export { AudioError, type AudioProblem } from "./audio_error.ts";

/** 2 hours take 0.46 GB at 16 kHz. */
const MAX_HOURS = 2;
/** Samples that are joined at a time. */
const PIECE = 2 ** 22;

/**
 * Reads a recording as 16 kHz mono: decodes it, averages the channels, and resamples. It is read in parts, so that only the
 * result is held in memory.
 *
 * @returns `[N]`, 16,000 samples per second, mostly within [-1, 1]
 * @throws {AudioError} if the file is missing, has more than 2 hours or cannot be used. Its `problem` says why.
 */
export async function readAudio(path: string): Promise<Float32Array> {
  return await joined(readAudioParts(path, MAX_HOURS));
}

/**
 * Reads a recording of any length as {@link readAudio} does, in parts.
 *
 * @throws {AudioError} if the file is missing or cannot be used, which may turn out after some parts.
 */
export async function* readAudioParts(path: string, maxHours?: number): AsyncGenerator<Float32Array> {
  using file = await openAudio(path);
  yield* resampledParts(file.bytes, path, maxHours);
}

/** Reads at least the first samples of a recording, if it has so many. */
export async function readAudioStart(path: string, samples: number): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  let length = 0;
  for await (const part of readAudioParts(path)) {
    parts.push(part);
    if ((length += part.length) >= samples) break;
  }
  return joinParts(parts);
}

/**
 * Decodes a recording from the bytes of its file as {@link readAudio} does.
 *
 * @param name for error messages
 * @param options.maxSeconds a longer recording is refused, before the rest of it is decoded
 * @throws {AudioError} if the bytes cannot be used.
 */
export async function decodeAudio(
  bytes: Uint8Array,
  name: string,
  { maxSeconds = Infinity }: { maxSeconds?: number } = {},
): Promise<Float32Array> {
  return await joined(resampledParts(bytesOf(bytes), name, MAX_HOURS, maxSeconds));
}

/** Joins parts. The memory of a long recording's parts is freed while they are copied, so that it is not needed twice. */
async function joined(parts: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const pieces: Float32Array[] = [];
  let open: Float32Array[] = [], length = 0;
  for await (const part of parts) {
    open.push(part);
    length += part.length;
    if (length < PIECE) continue;
    pieces.push(open.length === 1 ? part.slice() : joinParts(open));
    [open, length] = [[], 0];
  }
  if (pieces.length === 0) return joinParts(open);
  pieces.push(open.length === 1 ? open[0]!.slice() : joinParts(open));
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
    (piece.buffer as ArrayBuffer).transfer(0); // frees it now
  }
  return whole;
}

async function* resampledParts(
  file: Bytes,
  name: string,
  maxHours?: number,
  maxSeconds = Infinity,
): AsyncGenerator<Float32Array> {
  let resampler: Resampler | undefined;
  let seconds = 0;
  for await (const { mono, sampleRate } of decodeParts(file, name, maxHours)) {
    seconds += mono.length / sampleRate;
    if (seconds > maxSeconds) {
      throw new AudioError(name, "too-long", `it has more than ${maxSeconds} seconds: expected at most that. Cut it`);
    }
    resampler ??= new Resampler(sampleRate, SAMPLE_RATE);
    resampler.push(mono);
    yield* resampler.take();
  }
  yield resampler!.finish();
}

/** Opens the file of a recording, which is read in parts. */
async function openAudio(path: string): Promise<{ bytes: Bytes } & Disposable> {
  try {
    const { isFile, isDirectory, size } = await Deno.stat(path); // opening a pipe would wait for its writer
    if (!isFile) {
      const what = isDirectory ? "it is a folder, not a file" : "it is no file but a pipe, a device or a socket";
      throw new AudioError(path, "missing", what);
    }
    const file = await Deno.open(path);
    return { bytes: partsOfFile(file, size), [Symbol.dispose]: () => file.close() };
  } catch (error) {
    if (!isAbsence(error)) throw error;
    throw new AudioError(path, "missing", "there is no such file: check the data set's folder");
  }
}

function partsOfFile(file: Deno.FsFile, size: number): Bytes {
  return {
    size,
    read(at, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
      file.seekSync(at, Deno.SeekMode.Start);
      let done = 0;
      while (done < bytes.length) {
        const read = file.readSync(bytes.subarray(done));
        if (read === null) break;
        done += read;
      }
      return bytes.subarray(0, done);
    },
  };
}

/** Facts about a usable recording. */
export interface AudioFacts {
  /** The format of the content: `"wav"`, `"flac"`, `"opus"`, `"mp4"`, ... */
  format: string;
  /** Length of the recording. */
  seconds: number;
  /** Samples per second in the file. */
  sampleRate: number;
  /** Number of channels in the file. */
  channels: number;
  /** Largest absolute sample value of any channel. 1 is full scale. */
  peak: number;
  /** Share of the samples at full scale in runs of 3 or more, in [0, 1]. */
  clippedShare: number;
  /** Oddities of the recording. Each begins with its kind and a colon. */
  warnings: string[];
}

/**
 * Decodes and checks a recording as {@link readAudio} does, but does not resample it.
 *
 * @param name for error messages
 * @throws {AudioError} if the bytes cannot be used. Its `problem` says why.
 *
 * @example
 * ```ts
 * import { inspectAudio } from "./read_audio.ts";
 * const file = new URL("../../tests/fixtures/audio/tone.flac", import.meta.url);
 * const { format, sampleRate, warnings } = await inspectAudio(await Deno.readFile(file), "tone.flac");
 * if (format !== "flac" || sampleRate < 1 || warnings.length > 0) throw new Error("not the tone");
 * ```
 */
export async function inspectAudio(bytes: Uint8Array, name: string): Promise<AudioFacts> {
  return await factsOf(bytesOf(bytes), name);
}

/** {@link inspectAudio} of a file, which is read in parts. */
export async function inspectAudioFile(path: string): Promise<AudioFacts> {
  using file = await openAudio(path);
  return await factsOf(file.bytes, path);
}

async function factsOf(file: Bytes, name: string): Promise<AudioFacts> {
  const parts = decodeParts(file, name);
  let next = await parts.next();
  while (!next.done) next = await parts.next();
  const { format, sampleRate, channels, length, levels, warnings } = next.value;
  const { peak, clippedShare } = levels;
  return {
    format,
    seconds: length / sampleRate,
    sampleRate,
    channels,
    peak,
    clippedShare,
    warnings: [...warnings, ...levelWarnings(levels)],
  };
}
