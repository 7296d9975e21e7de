/**
 * The tiny Whisper in TensorFlow.js.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Random } from "../../lib/random.ts";
import { attention, embedding, gelu, layerNorm, linear } from "../../lib/runtime/operations.ts";

/**
 * The encoder: two convolutions over time, fixed positions, pre-norm transformer layers. All positions are attended to, also
 * those of silence after the speech, as in the original.
 *
 * @param mel log-mel frames `[B, T, mels]`, T even, at most 100 a second of the window
 * @returns the last hidden states `[B, T / 2, width]`
 * @throws {RangeError} if T is odd or too long.
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
 * The decoder, on whole transcripts: position u attends to the tokens up to u and to all encoder states.
 *
 * @param ids tokens `[B, U]`, int32, U at most `maxTokens`
 * @param states the encoder's output `[B, S, width]`
 * @returns logits of the next token `[B, U, vocabulary]`
 * @throws {RangeError} if there are too many tokens.
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

/** The sizes of a Whisper model. Both towers have the same width, heads and feed-forward layer. */
export interface WhisperSize {
  /** Bands of the log-mel spectrogram. */
  mels: number;
  /** Width of the hidden states. */
  width: number;
  /** Attention heads; divides the width. */
  heads: number;
  /** Width inside a feed-forward layer. */
  feedForward: number;
  /** Layers of the encoder. */
  encoderLayers: number;
  /** Layers of the decoder. */
  decoderLayers: number;
  /** Length of the window in seconds: 100 mel frames and 50 encoder states each. */
  windowSeconds: number;
  /** Most tokens of a transcript, with the special ones. */
  maxTokens: number;
  /** Tokens of the vocabulary, with the special ones. */
  vocabulary: number;
}

/** The size of the bundled model (1.26 M weights); the vocabulary comes from its texts. */
export function tinyWhisper(vocabulary: number): WhisperSize {
  return {
    mels: 80,
    width: 128,
    heads: 4,
    feedForward: 512,
    encoderLayers: 3,
    decoderLayers: 2,
    windowSeconds: 20,
    maxTokens: 160,
    vocabulary,
  };
}

/** Weights by name; variables while training. Matrices are `[out, in]`. */
export type WhisperWeights = ReadonlyMap<string, tf.Tensor>;

/** How a weight starts: normal with this standard deviation, or all of one value. */
type Start = { std: number } | { value: number };

/**
 * The shape and start of every weight, in a fixed order. Names are Hugging Face's, without the leading `model.`; a
 * convolution's kernel is `[out, 3 * in]`: its three taps one after the other.
 */
function* parts(size: WhisperSize): Generator<[name: string, shape: number[], start: Start]> {
  const { width, feedForward } = size;
  function* dense(name: string, out: number, inputs: number, gain = 1, bias = true): ReturnType<typeof parts> {
    yield [`${name}.weight`, [out, inputs], { std: gain / Math.sqrt(inputs) }];
    if (bias) yield [`${name}.bias`, [out], { value: 0 }];
  }
  function* norm(name: string): ReturnType<typeof parts> {
    yield [`${name}.weight`, [width], { value: 1 }];
    yield [`${name}.bias`, [width], { value: 0 }];
  }
  function* attention(name: string, gain: number): ReturnType<typeof parts> {
    yield* dense(`${name}.q_proj`, width, width);
    yield* dense(`${name}.k_proj`, width, width, 1, false); // a key's bias would change nothing
    yield* dense(`${name}.v_proj`, width, width);
    yield* dense(`${name}.out_proj`, width, width, gain);
  }
  function* layers(tower: string, count: number, cross: boolean): ReturnType<typeof parts> {
    const gain = 1 / Math.sqrt((cross ? 3 : 2) * count); // so that the sum of all branches starts near 1
    for (let i = 0; i < count; i++) {
      const layer = `${tower}.layers.${i}`;
      yield* norm(`${layer}.self_attn_layer_norm`);
      yield* attention(`${layer}.self_attn`, gain);
      if (cross) {
        yield* norm(`${layer}.encoder_attn_layer_norm`);
        yield* attention(`${layer}.encoder_attn`, gain);
      }
      yield* norm(`${layer}.final_layer_norm`);
      yield* dense(`${layer}.fc1`, feedForward, width);
      yield* dense(`${layer}.fc2`, width, feedForward, gain);
    }
    yield* norm(`${tower}.layer_norm`);
  }
  yield* dense("encoder.conv1", width, 3 * size.mels);
  yield* dense("encoder.conv2", width, 3 * width);
  yield* layers("encoder", size.encoderLayers, false);
  yield ["decoder.embed_tokens.weight", [size.vocabulary, width], { std: 0.05 }];
  yield ["decoder.embed_positions.weight", [size.maxTokens, width], { std: 0.02 }];
  yield* layers("decoder", size.decoderLayers, true);
}

/** The shape of every weight by name, in the order of the model. */
export function whisperShapes(size: WhisperSize): Map<string, number[]> {
  return new Map([...parts(size)].map(([name, shape]) => [name, shape]));
}

/**
 * Random weights to start a training from, as values by name.
 *
 * @throws {RangeError} if the heads do not divide the width.
 */
export function randomWhisperWeights(size: WhisperSize, random: Random): Map<string, Float32Array> {
  if (size.width % size.heads !== 0 || size.width % 2 !== 0) {
    throw new RangeError(`Cannot split width ${size.width} into ${size.heads} heads: expected an even multiple of it`);
  }
  const weights = new Map<string, Float32Array>();
  for (const [name, shape, start] of parts(size)) {
    const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
    weights.set(name, "value" in start ? values.fill(start.value) : values.map(() => start.std * random.normal()));
  }
  return weights;
}

/** Turns values into tensors; with `variables`, into ones that can be trained. The caller disposes of them. */
export function whisperTensors(
  values: ReadonlyMap<string, Float32Array>,
  size: WhisperSize,
): Map<string, tf.Variable> {
  const tensors = new Map<string, tf.Variable>();
  for (const [name, shape] of whisperShapes(size)) {
    const data = values.get(name);
    if (!data) throw new RangeError(`Cannot build the Whisper model as '${name}' is missing`);
    const start = tf.tensor(data, shape);
    tensors.set(name, tf.variable(start));
    start.dispose();
  }
  return tensors;
}

/**
 * The encoder's fixed positions (Whisper's sinusoids, wavelengths from 2 pi to 10000 * 2 pi): `[frames * width]`, row by row,
 * the sines first, then the cosines.
 */
export function sinusoids(frames: number, width: number): Float32Array {
  const half = width / 2;
  const step = Math.log(10000) / (half - 1);
  const values = new Float32Array(frames * width);
  for (let t = 0; t < frames; t++) {
    for (let i = 0; i < half; i++) {
      const angle = t * Math.exp(-step * i);
      values[t * width + i] = Math.sin(angle);
      values[t * width + half + i] = Math.cos(angle);
    }
  }
  return values;
}
