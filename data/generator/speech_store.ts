/**
 * Spoken clips in chunks: `chunk-00000.pcm` (16-bit mono samples at 16 kHz, little-endian, one clip after the other) with
 * `chunk-00000.json`, the list of its clips. The list is written last: a chunk without one is not finished.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { reading, readJson } from "../../lib/files/read.ts";
import { fromInt16 } from "./opus.ts";

/** What a clip says: 1-4 words, a short caption, or a long narration. */
export type SpeechKind = "phrase" | "caption" | "narration";

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
 * @throws {InputError} where the folder is missing, or a chunk's list and samples do not fit.
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
