/**
 * The parts of the tiny Whisper by name: sizes, the list of weights, and random ones to start from.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Random } from "../../lib/random.ts";

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
 * @throws {RangeError} where the heads do not divide the width.
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
