/**
 * Speech for the tiny Whisper's pretraining, synthesized once and stored.
 *
 * @module
 */
import { join } from "@std/path";
import { logMel } from "../../lib/audio/log_mel.ts";
import { InputError } from "../../lib/errors.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { exists, reading, readJson } from "../../lib/files/read.ts";
import { Random } from "../../lib/random.ts";
import { checkTools, mapConcurrent } from "./processes.ts";
import { SAMPLE_SEED } from "./plan.ts";
import { type PlannedSpeech, planSpeech, SPEECH_COUNTS, type SpeechCounts, type SpeechKind } from "./speech_texts.ts";
import { addNoise, fromInt16, randomManner, speak, throughOpus, toInt16, trainVoices } from "./synthesize.ts";

/** Mel bands. */
export const MELS = 80;
/** The log-mel values of a window span this much: 8 decades, scaled by 1/4. */
const RANGE = 2;
/** Frames of silence behind a clip, so that its end is not mirrored. */
const TAIL = 4;

/** A clip with its log-mel frames. */
export interface MelClip extends StoredClip {
  /** Number of frames, 100 a second. */
  frames: number;
  /** `[frames, 80]`, quantized: see {@link melValue}. */
  mel: Uint8Array;
  /** Log-mel value of silence, the lowest of the clip's window. */
  silence: number;
}

/** The log-mel value of a byte above the clip's silence. */
export function melValue(byte: number, silence: number): number {
  return silence + byte * (RANGE / 255);
}

/** The frames of samples at 16 kHz, quantized. */
export function melFrames(samples: Float32Array): { frames: number; mel: Uint8Array; silence: number } {
  const frames = Math.ceil(samples.length / 160);
  const window = frames + TAIL;
  const values = logMel(samples, { frames: window }); // [80, window]
  const silence = values[window - 1] as number;
  const mel = new Uint8Array(frames * MELS);
  for (let t = 0; t < frames; t++) {
    for (let band = 0; band < MELS; band++) {
      mel[t * MELS + band] = Math.round(((values[band * window + t] as number) - silence) * (255 / RANGE));
    }
  }
  return { frames, mel, silence };
}

/**
 * Adds the frames to clips of {@link listSpeech}; those of new chunks are computed and stored.
 *
 * @param known chunks that were read before, by path; filled up.
 */
export async function readMels(
  clips: readonly StoredClip[],
  known: Map<string, MelClip[]> = new Map(),
): Promise<MelClip[]> {
  const result: MelClip[] = [];
  for (const [file, chunk] of Map.groupBy(clips, (clip) => clip.file)) {
    let ready = known.get(file);
    if (!ready) {
      ready = await readChunk(file.replace(/pcm$/, "mel"), chunk);
      known.set(file, ready);
    }
    result.push(...ready);
  }
  return result;
}

async function readChunk(path: string, clips: readonly StoredClip[]): Promise<MelClip[]> {
  const lengths = clips.map((clip) => Math.ceil(clip.samples / 160));
  const size = lengths.reduce((sum, frames) => sum + 4 + frames * MELS, 0);
  if (!await exists(path) || (await Deno.stat(path)).size !== size) await computeChunk(path, clips, size);
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  let at = 0;
  return clips.map((clip, i) => {
    const frames = lengths[i] as number;
    const silence = view.getFloat32(at, true);
    const mel = bytes.subarray(at + 4, at + 4 + frames * MELS);
    at += 4 + mel.length;
    return { ...clip, frames, mel, silence };
  });
}

async function computeChunk(path: string, clips: readonly StoredClip[], size: number): Promise<void> {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const clip of clips) {
    const { mel, silence } = melFrames(await readSpeech(clip));
    view.setFloat32(at, silence, true);
    bytes.set(mel, at + 4);
    at += 4 + mel.length;
  }
  await writeAtomic(path, bytes);
}

/** One clip of a chunk. */
export interface SpeechEntry {
  /** What is said, in lower case. */
  text: string;
  /** How long a text it is. */
  kind: SpeechKind;
  /** First sample within the chunk. */
  start: number;
  /** Number of samples. */
  samples: number;
  /** Signal-to-noise ratio in dB; null where no noise was added. */
  noise: number | null;
  /** Bit rate in kbit/s of the Opus encoding that the clip went through; null for none. */
  opus: number | null;
  /** Name of the voice. */
  voice: string;
}

/** A clip and where it lies. */
export interface StoredClip extends SpeechEntry {
  /** Path of the chunk's samples. */
  file: string;
}

/** Path of a chunk without its ending. */
export function chunkPath(directory: string, chunk: number): string {
  return join(directory, `chunk-${String(chunk).padStart(5, "0")}`);
}

/** Writes a chunk: samples first, then the list that makes it count. */
export async function writeChunk(
  directory: string,
  chunk: number,
  clips: { entry: Omit<SpeechEntry, "start" | "samples">; samples: Int16Array }[],
): Promise<void> {
  const total = clips.reduce((sum, { samples }) => sum + samples.length, 0);
  const all = new Int16Array(total);
  const entries: SpeechEntry[] = [];
  let start = 0;
  for (const { entry, samples } of clips) {
    all.set(samples, start);
    entries.push({ ...entry, start, samples: samples.length });
    start += samples.length;
  }
  const path = chunkPath(directory, chunk);
  await writeAtomic(`${path}.pcm`, new Uint8Array(all.buffer));
  await writeAtomic(`${path}.json`, JSON.stringify(entries));
}

/**
 * All clips of a folder's finished chunks, in order. While the folder is still being filled this is what is there so far.
 *
 * @throws {InputError} if the folder is missing, or a chunk's list and samples do not fit.
 */
export async function listSpeech(directory: string): Promise<StoredClip[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) if (/^chunk-\d+\.json$/.test(name)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new InputError(
      `Cannot read speech as the folder '${directory}' does not exist: make it with 'deno task sample'.`,
    );
  }
  const clips: StoredClip[] = [];
  for (const name of names.sort()) {
    const file = join(directory, name.replace(/json$/, "pcm"));
    const entries = await readJson(join(directory, name)) as SpeechEntry[];
    const { size } = await reading(file, () => Deno.stat(file));
    const inFile = (entry: SpeechEntry | null): boolean =>
      [entry?.start, entry?.samples].every((n) => Number.isSafeInteger(n) && n! >= 0);
    if (!Array.isArray(entries) || !entries.every(inFile)) {
      throw new InputError(`Cannot read speech '${file}' as its list is damaged: delete both.`);
    }
    const last = entries.at(-1);
    if (last !== undefined && 2 * (last.start + last.samples) !== size) {
      throw new InputError(
        `Cannot read speech '${file}' as it has ${size} bytes: its list expects ${
          2 * (last.start + last.samples)
        }. Delete both.`,
      );
    }
    if (entries.some(({ start, samples }) => 2 * (start + samples) > size)) {
      throw new InputError(`Cannot read speech '${file}' as its list is damaged: delete both.`);
    }
    clips.push(...entries.map((entry) => ({ ...entry, file })));
  }
  return clips;
}

/** Reads one clip's samples `[samples]` within [-1, 1] without reading the rest of its chunk. */
export async function readSpeech(clip: StoredClip): Promise<Float32Array> {
  using file = await Deno.open(clip.file);
  await file.seek(2 * clip.start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(2 * clip.samples);
  let filled = 0;
  while (filled < bytes.length) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) {
      throw new InputError(`Cannot read speech '${clip.file}' as it ends early: delete it and its list.`);
    }
    filled += read;
  }
  return fromInt16(new Int16Array(bytes.buffer));
}

/** Options of {@link synthesizeCorpus}. */
export interface SpeechCorpusOptions {
  /** Folder of the chunks. */
  directory: string;
  /** Seed of texts, voices and noise; that of the shipped sample. */
  seed?: number;
  /** How many clips of each kind; {@link SPEECH_COUNTS}. */
  counts?: SpeechCounts;
  /** Clips in a chunk; 200. */
  chunkSize?: number;
  /** Programs at work at a time; 2. */
  width?: number;
  /** Takes a line after each chunk. */
  log?: (line: string) => void;
  /** Stops between clips; finished chunks stay. */
  signal?: AbortSignal;
}

/** Share of the clips with noise, and its range in dB. */
const NOISY = { share: 0.35, low: 5, high: 20 };
/** Share of the clips that go through Opus, and the range of its bit rate. */
const ENCODED = { share: 0.6, low: 8, high: 12 };

/**
 * Speaks the whole pretraining corpus into `directory`; existing chunks are reused. Every clip follows from the
 * seed and its number alone.
 *
 * @throws {InputError} if espeak-ng or opus-tools are missing.
 */
export async function synthesizeCorpus(options: SpeechCorpusOptions): Promise<void> {
  const { directory, seed = SAMPLE_SEED, counts = SPEECH_COUNTS, chunkSize = 200, width = 2, signal } = options;
  const log = options.log ?? (() => {});
  await checkTools();
  const plan = planSpeech(seed, counts);
  const chunks = Math.ceil(plan.length / chunkSize);
  const started = performance.now();
  let made = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    if (await exists(`${chunkPath(directory, chunk)}.json`)) continue;
    const part = plan.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
    const clips = await mapConcurrent(
      part,
      width,
      (speech, i) => makeClip(speech, seed, chunk * chunkSize + i),
      signal,
    );
    await writeChunk(directory, chunk, clips);
    made += part.length;
    const seconds = (performance.now() - started) / 1000;
    log(`speech: chunk ${chunk + 1} of ${chunks} (${part[0]?.kind}), ${(made / seconds).toFixed(1)} clips a second`);
  }
}

/** One clip: spoken by a random train voice, at a random level, with noise and Opus in some. */
async function makeClip(
  speech: PlannedSpeech,
  seed: number,
  number: number,
): Promise<{ entry: Omit<SpeechEntry, "start" | "samples">; samples: Int16Array }> {
  const random = new Random(`${seed}:clip:${number}`);
  const manner = randomManner(trainVoices, random);
  let samples = await speak(speech.text, { ...manner, peak: random.uniform(0.15, 0.9) });
  const noise = random.next() < NOISY.share ? Math.round(random.uniform(NOISY.low, NOISY.high)) : null;
  if (noise !== null) samples = addNoise(samples, noise, random);
  const opus = random.next() < ENCODED.share ? Math.round(random.uniform(ENCODED.low, ENCODED.high)) : null;
  if (opus !== null) samples = await throughOpus(samples, opus);
  return {
    entry: { text: speech.text, kind: speech.kind, noise, opus, voice: manner.voice.name },
    samples: toInt16(samples),
  };
}
