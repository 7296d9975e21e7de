/**
 * Whisper's forward pass (Radford et al. 2022) in TensorFlow.js, differentiable, for the pretraining of the bundled tiny model.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { attention, embedding, gelu, layerNorm, linear } from "../../lib/runtime/operations.ts";
import { sinusoids, type WhisperSize, type WhisperWeights } from "./whisper_weights.ts";

/**
 * The encoder: two convolutions over time, fixed positions, pre-norm transformer layers. All places are attended to, also
 * those of silence after the speech, as in the original.
 *
 * @param mel log-mel frames `[B, T, mels]`, T even, at most 100 a second of the window
 * @returns the last hidden states `[B, T / 2, width]`
 * @throws {RangeError} where T is odd or too long.
 */
export function encodeSpeech(weights: WhisperWeights, size: WhisperSize, mel: tf.Tensor3D): tf.Tensor3D {
  const [, frames] = mel.shape;
  if (frames % 2 !== 0 || frames > 100 * size.windowSeconds) {
    throw new RangeError(`Cannot encode ${frames} frames: expected an even number up to ${100 * size.windowSeconds}`);
  }
  return tf.tidy(() => {
    const w = reader(weights);
    let x = gelu(linear(threeFrames(mel), w("encoder.conv1.weight"), w("encoder.conv1.bias"))); // [B, T, D]
    x = gelu(linear(threeFramesHalved(x as tf.Tensor3D), w("encoder.conv2.weight"), w("encoder.conv2.bias"))); // [B, T/2, D]
    x = tf.add(x, tf.tensor2d(sinusoids(frames / 2, size.width), [frames / 2, size.width]));
    for (let i = 0; i < size.encoderLayers; i++) {
      const layer = `encoder.layers.${i}`;
      const y = norm(x, w, `${layer}.self_attn_layer_norm`);
      x = tf.add(x, attend(y, y, w, `${layer}.self_attn`, size.heads, false));
      x = tf.add(x, feedForward(x, w, layer));
    }
    return norm(x, w, "encoder.layer_norm") as tf.Tensor3D;
  });
}

/**
 * The decoder, on whole transcripts: place u sees the tokens up to u and all of the encoder's states.
 *
 * @param ids tokens `[B, U]`, int32, U at most `maxTokens`
 * @param states the encoder's output `[B, S, width]`
 * @returns logits of the next token `[B, U, vocabulary]`
 * @throws {RangeError} where there are too many tokens.
 */
export function decodeSpeech(
  weights: WhisperWeights,
  size: WhisperSize,
  ids: tf.Tensor2D,
  states: tf.Tensor3D,
): tf.Tensor3D {
  const places = ids.shape[1];
  if (places > size.maxTokens) {
    throw new RangeError(`Cannot decode ${places} tokens: expected at most ${size.maxTokens}`);
  }
  return tf.tidy(() => {
    const w = reader(weights);
    const table = w("decoder.embed_tokens.weight"); // [V, D]
    const positions = tf.slice(w("decoder.embed_positions.weight") as tf.Tensor2D, [0, 0], [places, size.width]); // [U, D]
    let x: tf.Tensor = tf.add(embedding(table, ids), positions); // [B, U, D]
    for (let i = 0; i < size.decoderLayers; i++) {
      const layer = `decoder.layers.${i}`;
      const y = norm(x, w, `${layer}.self_attn_layer_norm`);
      x = tf.add(x, attend(y, y, w, `${layer}.self_attn`, size.heads, true));
      const z = norm(x, w, `${layer}.encoder_attn_layer_norm`);
      x = tf.add(x, attend(z, states, w, `${layer}.encoder_attn`, size.heads, false));
      x = tf.add(x, feedForward(x, w, layer));
    }
    return linear(norm(x, w, "decoder.layer_norm"), table) as tf.Tensor3D; // [B, U, V], tied to the embedding
  });
}

type Reader = (name: string) => tf.Tensor;

function reader(weights: WhisperWeights): Reader {
  return (name) => {
    const weight = weights.get(name);
    if (!weight) throw new RangeError(`Cannot run the Whisper model as '${name}' is missing`);
    return weight;
  };
}

function norm(x: tf.Tensor, w: Reader, name: string): tf.Tensor {
  return layerNorm(x, w(`${name}.weight`), w(`${name}.bias`));
}

function feedForward(x: tf.Tensor, w: Reader, layer: string): tf.Tensor {
  const hidden = gelu(
    linear(norm(x, w, `${layer}.final_layer_norm`), w(`${layer}.fc1.weight`), w(`${layer}.fc1.bias`)),
  );
  return linear(hidden, w(`${layer}.fc2.weight`), w(`${layer}.fc2.bias`)); // [B, T, F] -> [B, T, D]
}

function attend(x: tf.Tensor, from: tf.Tensor, w: Reader, name: string, heads: number, causal: boolean): tf.Tensor {
  const q = linear(x, w(`${name}.q_proj.weight`), w(`${name}.q_proj.bias`)); // [B, T, D]
  const k = linear(from, w(`${name}.k_proj.weight`)); // [B, S, D]
  const v = linear(from, w(`${name}.v_proj.weight`), w(`${name}.v_proj.bias`)); // [B, S, D]
  return linear(attention(q, k, v, { heads, causal }), w(`${name}.out_proj.weight`), w(`${name}.out_proj.bias`));
}

/** Frame t with its neighbours t - 1 and t + 1, zeros at the ends: `[B, T, C] -> [B, T, 3 C]`. */
export function threeFrames(x: tf.Tensor3D): tf.Tensor3D {
  const [batch, frames, width] = x.shape;
  const end = tf.zeros<tf.Rank.R3>([batch, 1, width]);
  const before = tf.concat([end, tf.slice(x, [0, 0, 0], [batch, frames - 1, width])], 1);
  const after = tf.concat([tf.slice(x, [0, 1, 0], [batch, frames - 1, width]), end], 1);
  return tf.concat([before, x, after], 2);
}

/** Every second frame 2t with its neighbours: `[B, T, C] -> [B, T / 2, 3 C]`. The frame after the last is never needed. */
export function threeFramesHalved(x: tf.Tensor3D): tf.Tensor3D {
  const [batch, frames, width] = x.shape;
  const pairs = tf.reshape(x, [batch, frames / 2, 2 * width]) as tf.Tensor3D; // frames 2t and 2t + 1
  const odd = tf.slice(pairs, [0, 0, width], [batch, frames / 2 - 1, width]); // frames 2t + 1 but the last
  const before = tf.concat([tf.zeros<tf.Rank.R3>([batch, 1, width]), odd], 1); // frames 2t - 1
  return tf.concat([before, pairs], 2);
}
