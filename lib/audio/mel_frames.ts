/** Log-mel frames of recordings, for towers that are trained from scratch. */
import { HOP, logMel, SAMPLE_RATE } from "./log_mel.ts";
import { readAudioStart } from "./read_audio.ts";

/** Memory for frames of recordings, in values. */
const MEMORY = 2.5e8;

/** The frames of a recording. */
export interface MelRecording {
  /** 100 a second, at least 2. */
  frames: number;
  /** Mel bins. */
  width: number;
  /** Reads `[frames * width]`, frame by frame. */
  values: () => Promise<Float32Array>;
}

/** Reads the log-mel spectrogram of recordings and keeps the latest in memory. */
export class MelFrames {
  readonly #bands: number;
  readonly #maxSeconds: number;
  readonly #cache = new Map<string, { frames: number; values: Promise<Float32Array> }>();
  #held = 0; // frames

  /** @param bands mel bins; `maxSeconds`: what is read of a recording */
  constructor(bands: number, maxSeconds: number) {
    this.#bands = bands;
    this.#maxSeconds = maxSeconds;
  }

  /** The frames of a recording. */
  of(path: string, seconds: number): MelRecording {
    const frames = Math.max(2, Math.floor(Math.round(SAMPLE_RATE * Math.min(seconds, this.#maxSeconds)) / HOP));
    return { frames, width: this.#bands, values: () => this.#read(path, frames) };
  }

  #read(path: string, frames: number): Promise<Float32Array> {
    const known = this.#cache.get(path);
    if (known !== undefined) return known.values;
    const values = this.#compute(path, frames);
    values.catch(() => this.#forget(path));
    this.#cache.set(path, { frames, values });
    this.#held += frames;
    for (const oldest of this.#cache.keys()) {
      if (this.#held * this.#bands <= MEMORY || oldest === path) break;
      this.#forget(oldest);
    }
    return values;
  }

  #forget(path: string): void {
    this.#held -= this.#cache.get(path)?.frames ?? 0;
    this.#cache.delete(path);
  }

  async #compute(path: string, frames: number): Promise<Float32Array> {
    const samples = await readAudioStart(path, frames * HOP);
    const bins = logMel(samples, { frames, bands: this.#bands }); // [bands * frames]
    const values = new Float32Array(bins.length);
    for (let band = 0; band < this.#bands; band++) {
      for (let t = 0; t < frames; t++) values[t * this.#bands + band] = bins[band * frames + t]!;
    }
    return values;
  }
}
