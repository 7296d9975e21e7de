/**
 * Batches, loss and evaluation of the tiny Whisper's pretraining.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../../lib/random.ts";
import { linear } from "../../lib/runtime/operations.ts";
import { ctcLoss } from "./ctc_loss.ts";
import { bareWords } from "../../lib/text/normalize.ts";
import { corpusWer, wordErrors } from "../../lib/text/word_errors.ts";
import { type MelClip, MELS, melValue } from "./speech_corpus.ts";
import type { SpeechKind } from "./speech_texts.ts";
import { decodeSpeech, encodeSpeech, type WhisperSize, type WhisperWeights } from "./whisper_model.ts";
import type { WhisperVocabulary } from "./whisper_directory.ts";

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

/** The share of each kind up to a step. Captions come first, as they alone teach the words; then narrations help. */
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
   * Sorts the clips by kind and length; those that do not fit the model are skipped.
   *
   * @param words the world's words; a word's index in the list, from 1, is its number for the CTC loss.
   * @throws {RangeError} if there is no clip that fits the window.
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

/** A padded batch of speech with its transcripts, as plain numbers. */
export interface SpeechBatch {
  /** Clips B. */
  clips: number;
  /** Mel frames T of the longest clip with its padding, even. */
  frames: number;
  /** `[B, T, mels]`; padded with the value of silence. */
  mel: Float32Array;
  /** Encoder states with speech, for each clip at most T / 2: `[B]`. */
  stateLengths: Int32Array;
  /** Tokens U of the longest transcript. */
  tokens: number;
  /** The decoder's input `[B, U]`, filled up with `<|endoftext|>`. */
  inputs: Int32Array;
  /** The next token of each `[B, U]`; -1 for none. */
  targets: Int32Array;
  /** Words W of the longest transcript. */
  words: number;
  /** Numbers of the words, from 1 on, `[B, W]`, filled up with 0. */
  wordLabels: Int32Array;
  /** `[B]` how many of them count. */
  wordCounts: Int32Array;
}

/** Weights of the parts of the loss. */
export interface WhisperLossOptions {
  /** Share of the target that is spread evenly over the vocabulary; 0.1. */
  smoothing?: number;
  /** Weight of the CTC loss, default 0.5; 0 skips it. */
  ctcWeight?: number;
}

/** Names of the CTC head, which is left behind after the training. */
export const CTC_WEIGHT = "ctc.weight", CTC_BIAS = "ctc.bias";

/**
 * The loss of a batch and its parts, all scalars: `tokens` is the smoothed cross-entropy a token, `ctc` the CTC loss a word.
 *
 * The CTC head (`ctc.weight` `[1 + words, width]`, `ctc.bias`) is read from the weights unless its weight is 0.
 */
export function whisperLoss(
  weights: WhisperWeights,
  size: WhisperSize,
  batch: SpeechBatch,
  options: WhisperLossOptions = {},
): { total: tf.Scalar; tokens: tf.Scalar; ctc: tf.Scalar } {
  const { smoothing = 0.1, ctcWeight = 0.5 } = options;
  return tf.tidy(() => {
    const states = encodeSpeech(weights, size, tf.tensor3d(batch.mel, [batch.clips, batch.frames, size.mels]));
    const ids = tf.tensor2d(batch.inputs, [batch.clips, batch.tokens], "int32");
    const tokens = smoothedCrossEntropy(decodeSpeech(weights, size, ids, states), batch.targets, smoothing);
    if (ctcWeight === 0) return { total: tokens, tokens, ctc: tf.scalar(0) };
    const head = [weights.get(CTC_WEIGHT), weights.get(CTC_BIAS)] as [tf.Tensor, tf.Tensor];
    const losses = ctcLoss(
      linear(states, ...head) as tf.Tensor3D, // [B, T / 2, 1 + words]
      tf.tensor1d(batch.stateLengths, "int32"),
      tf.tensor2d(batch.wordLabels, [batch.clips, batch.words], "int32"),
      tf.tensor1d(batch.wordCounts, "int32"),
    );
    const count = batch.wordCounts.reduce((sum, words) => sum + words, 0);
    const ctc = tf.div(tf.sum(losses), Math.max(1, count)) as tf.Scalar;
    return { total: tf.add(tokens, tf.mul(ctc, ctcWeight)) as tf.Scalar, tokens, ctc };
  });
}

/** Mean over the targets (not -1) of `(1 - s) * -log p(target) + s * mean_v(-log p(v))`; logits `[B, U, V]`. */
function smoothedCrossEntropy(logits: tf.Tensor3D, targets: Int32Array, smoothing: number): tf.Scalar {
  const vocabulary = logits.shape[2];
  const goal = new Float32Array(targets.length * vocabulary); // [B U, V]: weight of every log-probability
  const count = Math.max(1, targets.reduce((sum, target) => sum + (target >= 0 ? 1 : 0), 0));
  targets.forEach((target, row) => {
    if (target < 0) return;
    const from = row * vocabulary;
    goal.fill(smoothing / vocabulary / count, from, from + vocabulary);
    goal[from + target] = (goal[from + target] as number) + (1 - smoothing) / count;
  });
  const logP = tf.logSoftmax(tf.reshape(logits, [targets.length, vocabulary])); // [B U, V]
  return tf.neg(tf.sum(tf.mul(logP, tf.tensor2d(goal, [targets.length, vocabulary])))) as tf.Scalar;
}

/**
 * The most likely transcripts, token by token, all clips of a batch at once.
 *
 * @param mel `[B, T, mels]` values, T even
 * @returns one text a clip
 */
export async function transcribeGreedily(
  model: { weights: WhisperWeights; size: WhisperSize; vocabulary: WhisperVocabulary },
  mel: { clips: number; frames: number; mel: Float32Array },
  options: { maxTokens?: number } = {},
): Promise<string[]> {
  const { weights, size, vocabulary } = model;
  const most = Math.min(options.maxTokens ?? size.maxTokens, size.maxTokens);
  const { clips } = mel;
  const states = tf.tidy(() => encodeSpeech(weights, size, tf.tensor3d(mel.mel, [clips, mel.frames, size.mels])));
  const rows = Array.from({ length: clips }, () => [vocabulary.startOfTranscript, vocabulary.noTimestamps]);
  const done = new Set<number>();
  while (done.size < clips && (rows[0] as number[]).length < most) {
    const length = (rows[0] as number[]).length;
    const best = tf.tidy(() => {
      const logits = decodeSpeech(weights, size, tf.tensor2d(rows, [clips, length], "int32"), states); // [B, U, V]
      return tf.argMax(tf.slice(logits, [0, length - 1, 0], [clips, 1, size.vocabulary]), -1); // [B, 1]
    });
    const next = await best.data();
    best.dispose();
    rows.forEach((row, i) => {
      const token = done.has(i) ? vocabulary.endOfText : next[i] as number;
      row.push(token);
      if (token === vocabulary.endOfText) done.add(i);
    });
  }
  states.dispose();
  return rows.map((row) => vocabulary.decode(row));
}

/** How many held-out clips of each kind are transcribed. */
const COUNTS: [SpeechKind, number][] = [["caption", 24], ["narration", 12]];

/**
 * Word error rates over the first held-out captions and narrations and an example of each, as one text of two lines.
 *
 * @param heldOut clips with their log-mel frames; those of other kinds are skipped
 */
export async function evaluateWhisper(
  model: { weights: WhisperWeights; size: WhisperSize; vocabulary: WhisperVocabulary },
  heldOut: readonly MelClip[],
): Promise<string> {
  const rates: string[] = [];
  const examples: string[] = [];
  for (const [kind, count] of COUNTS) {
    const clips = heldOut.filter((clip) => clip.kind === kind && clip.frames <= 100 * model.size.windowSeconds)
      .slice(0, count);
    const first = clips[0];
    if (!first) continue;
    const sampler = new BatchSampler(clips, model.vocabulary, [], { augment: false });
    const batch = sampler.batch(clips, Math.max(...clips.map(({ frames }) => frames)), new Random(0));
    const texts = await transcribeGreedily(model, batch, { maxTokens: kind === "caption" ? 40 : 130 });
    const rate = corpusWer(clips.map((clip, i) => wordErrors(bareWords(clip.text), bareWords(texts[i] as string))));
    rates.push(`${kind}s ${(100 * rate).toFixed(1)} %`);
    examples.push(`${texts[0]} (${first.text})`);
  }
  return `held-out word errors: ${rates.join(", ")}; ${examples.join(" | ")}`;
}
