/**
 * Log-mel frames of the pretraining speech, computed once and kept beside the samples: a clip is visited many times.
 *
 * A chunk's `.mel` holds for each clip the value of silence (float32) and `ceil(samples / 160)` frames of 80 bytes: the height
 * above silence in 255 steps of the range 2 that Whisper's normalisation leaves (0.3 dB a step).
 *
 * @module
 */
import { logMel } from "../../lib/audio/log_mel.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { exists } from "../../lib/files/read.ts";
import { readSpeech, type StoredClip } from "./speech_store.ts";

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
  /** `[frames, 80]`, quantised: see {@link melValue}. */
  mel: Uint8Array;
  /** Log-mel value of silence, the lowest of the clip's window. */
  silence: number;
}

/** The log-mel value of a byte above the clip's silence. */
export function melValue(byte: number, silence: number): number {
  return silence + byte * (RANGE / 255);
}

/** The frames of samples at 16 kHz, quantised. */
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
