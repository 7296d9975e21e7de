/**
 * Batches of speech for the tiny Whisper: clips of like length together, first phrases, then captions, then narrations.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";
import { type MelClip, MELS, melValue } from "./speech_mels.ts";
import type { SpeechKind } from "./speech_store.ts";
import type { SpeechBatch } from "./whisper_loss.ts";
import type { WhisperVocabulary } from "./whisper_vocabulary.ts";

/** How batches are drawn. */
export interface BatchOptions {
  /** Mel frames of a batch with all padding, about; 5600. */
  frames?: number;
  /** Most frames of a clip, the model's window; 2000. */
  window?: number;
  /** Most clips; 64. */
  clips?: number;
  /** Most tokens of a transcript with its two marks; 160. */
  tokens?: number;
  /** Whether to shift, pad and mask at random (default) or to take clips as they are. */
  augment?: boolean;
}

/** A share of each kind up to a step. Captions have to be learnt before narrations help: they alone teach the words. */
const CURRICULUM: { until: number; shares: Record<SpeechKind, number> }[] = [
  { until: 360, shares: { phrase: 0.8, caption: 0.2, narration: 0 } },
  { until: 1320, shares: { phrase: 0.25, caption: 0.75, narration: 0 } },
  { until: 2000, shares: { phrase: 0.1, caption: 0.4, narration: 0.5 } },
  { until: Infinity, shares: { phrase: 0.05, caption: 0.25, narration: 0.7 } },
];

/** Draws batches as they suit the step of a run. */
export class BatchSampler {
  readonly #byKind: Map<SpeechKind, MelClip[]>;
  readonly #vocabulary: WhisperVocabulary;
  readonly #words: Map<string, number>;
  readonly #options: Required<BatchOptions>;

  /**
   * Sorts the clips by kind and length; those that do not fit the model are left out.
   *
   * @param words the world's words; a word's place in the list, from 1 on, is its number for the CTC loss.
   * @throws {RangeError} where there is no clip that fits the window.
   */
  constructor(
    clips: readonly MelClip[],
    vocabulary: WhisperVocabulary,
    words: readonly string[],
    options: BatchOptions = {},
  ) {
    this.#options = { frames: 5600, window: 2000, clips: 64, tokens: 160, augment: true, ...options };
    const { window, tokens } = this.#options;
    const fitting = clips.filter(({ frames, text }) =>
      frames <= window && vocabulary.encode(text).length + 2 <= tokens
    );
    if (fitting.length === 0) {
      throw new RangeError(
        `Cannot draw batches as none of ${clips.length} clips fits ${window} frames and ${tokens} tokens`,
      );
    }
    this.#byKind = Map.groupBy(fitting, (clip) => clip.kind);
    for (const list of this.#byKind.values()) list.sort((a, b) => a.frames - b.frames);
    this.#vocabulary = vocabulary;
    this.#words = new Map(words.map((word, i) => [word, i + 1]));
  }

  /** A batch of one kind: neighbours in length. `run.step` is the number of steps taken. */
  draw(run: { step: number; steps: number }, random: Random): SpeechBatch {
    const { frames: budget, window, clips: most } = this.#options;
    const list = this.#byKind.get(this.#kind(run.step, random)) as MelClip[];
    const anchor = random.integer(list.length);
    const longest = (list[anchor] as MelClip).frames;
    const frames = paddedFrames(longest, window, run, random);
    const count = Math.min(most, anchor + 1, Math.max(1, Math.floor(budget / frames)));
    return this.batch(list.slice(anchor + 1 - count, anchor + 1), frames, random);
  }

  #kind(step: number, random: Random): SpeechKind {
    const stage = CURRICULUM.find(({ until }) => step < until) ?? CURRICULUM.at(-1);
    const shares = Object.entries(stage?.shares ?? {}) as [SpeechKind, number][];
    const there = shares.filter(([kind, share]) => share > 0 && this.#byKind.has(kind));
    if (there.length === 0) return [...this.#byKind.keys()][0] as SpeechKind;
    let rest = random.next() * there.reduce((sum, [, share]) => sum + share, 0);
    return (there.find(([, share]) => (rest -= share) < 0) ?? there[0] as [SpeechKind, number])[0];
  }

  /** The batch of given clips, padded to `frames` (made even) with each clip's silence. */
  batch(clips: readonly MelClip[], frames: number, random: Random): SpeechBatch {
    const even = frames + frames % 2;
    const count = clips.length;
    const texts = clips.map((clip) => this.#vocabulary.encode(clip.text));
    const labels = clips.map((clip) =>
      (clip.text.match(/[a-z]+/g) ?? []).flatMap((word) => this.#words.get(word) ?? [])
    );
    const tokens = 2 + Math.max(...texts.map((ids) => ids.length));
    const words = Math.max(1, ...labels.map((list) => list.length));
    const batch: SpeechBatch = {
      clips: count,
      frames: even,
      mel: new Float32Array(count * even * MELS),
      stateLengths: new Int32Array(count),
      tokens,
      inputs: new Int32Array(count * tokens).fill(this.#vocabulary.endOfText),
      targets: new Int32Array(count * tokens).fill(-1),
      words,
      wordLabels: new Int32Array(count * words),
      wordCounts: Int32Array.from(labels, (list) => list.length),
    };
    clips.forEach((clip, i) => {
      const ids = texts[i] as number[];
      batch.inputs.set([this.#vocabulary.startOfTranscript, this.#vocabulary.noTimestamps, ...ids], i * tokens);
      batch.targets.set([...ids, this.#vocabulary.endOfText], i * tokens + 1); // what follows the two marks
      batch.wordLabels.set(labels[i] as number[], i * words);
      const place = batch.mel.subarray(i * even * MELS, (i + 1) * even * MELS); // [T, 80]
      const shift = this.#options.augment ? random.integer(Math.min(17, even - clip.frames + 1)) : 0;
      fillMel(place, clip, shift);
      if (this.#options.augment) mask(place, clip, shift, random);
      batch.stateLengths[i] = Math.min(even / 2, Math.ceil((shift + clip.frames) / 2));
    });
    return batch;
  }
}

/** The step from which on some batches are padded much. */
const PADDED_FROM = 1600;

/** Frames with padding: up to 30 % more; later in one batch of ten (at last of four) anything up to the window, or all of it. */
function paddedFrames(longest: number, window: number, run: { step: number; steps: number }, random: Random): number {
  const chance = random.next();
  const wide = random.next();
  const [wider, late] = [run.step > PADDED_FROM, run.step > 0.8 * run.steps];
  if (wider && chance < (late ? 0.15 : 0.04)) return window;
  if (wider && chance < (late ? 0.25 : 0.1)) return Math.round(longest + wide * (window - longest));
  return Math.min(window, Math.round(longest * (1 + 0.3 * wide)) + 8);
}

function fillMel(place: Float32Array, clip: MelClip, shift: number): void {
  place.fill(clip.silence);
  const start = shift * MELS;
  for (let i = 0; i < clip.mel.length; i++) place[start + i] = melValue(clip.mel[i] as number, clip.silence);
}

/** Light SpecAugment (Park et al. 2019): one band of up to 8 mels and up to two spans of at most 12 frames become silence. */
function mask(place: Float32Array, clip: MelClip, shift: number, random: Random): void {
  const width = random.integer(9);
  const from = random.integer(MELS - width + 1);
  for (let t = shift; t < shift + clip.frames; t++) {
    place.fill(clip.silence, t * MELS + from, t * MELS + from + width);
  }
  const spans = clip.frames >= 100 ? random.integer(3) : 0;
  for (let span = 0; span < spans; span++) {
    const length = random.integer(13);
    const start = shift + random.integer(clip.frames - length);
    place.fill(clip.silence, start * MELS, (start + length) * MELS);
  }
}
