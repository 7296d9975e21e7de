/**
 * What the tiny Whisper is trained for: the next token, and, on the encoder alone, the words in their order (CTC).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { ctcLoss, linear } from "../../lib/runtime/operations.ts";
import { decodeSpeech, encodeSpeech } from "./whisper_model.ts";
import type { WhisperSize, WhisperWeights } from "./whisper_weights.ts";

/** A padded batch of speech with its transcripts, as plain numbers. */
export interface SpeechBatch {
  /** Clips B. */
  clips: number;
  /** Mel frames T of the longest clip with its padding, even. */
  frames: number;
  /** `[B, T, mels]`; places after a clip hold its value of silence. */
  mel: Float32Array;
  /** Encoder states with speech, for each clip at most T / 2: `[B]`. */
  stateLengths: Int32Array;
  /** Tokens U of the longest transcript. */
  tokens: number;
  /** The decoder's input `[B, U]`, filled up with `<|endoftext|>`. */
  inputs: Int32Array;
  /** The token that follows each of them `[B, U]`; -1 where none is asked for. */
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
  /** Weight of the CTC loss; 0.5. At 0 it is left out. */
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

/** Mean over the targets that are asked for of `(1 - s) * -log p(target) + s * mean_v(-log p(v))`; logits `[B, U, V]`. */
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
