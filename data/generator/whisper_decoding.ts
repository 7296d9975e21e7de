/**
 * Greedy transcription with the TensorFlow.js model, to see during the pretraining what it has learnt.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { decodeSpeech, encodeSpeech } from "./whisper_model.ts";
import type { WhisperVocabulary } from "./whisper_vocabulary.ts";
import type { WhisperSize, WhisperWeights } from "./whisper_weights.ts";

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
