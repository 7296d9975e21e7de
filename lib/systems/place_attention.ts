/**
 * A few leading places that attend to the frames of a recording, as a transformer layer of which only those places are read
 * computes it: the acoustic branch's class token, SpeechCLIP's class and keyword places.
 */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { layerNorm, linear } from "../runtime/operations.ts";

/** Added to masked scores. */
const NEVER = -1e9;

/** How a frame's values become a vector of the layer's width: `map z + bias`. */
export interface FrameMap {
  /** `[W, Z]`, or `[W, layers * Z]` with the layers' weights in it; see {@link weighLayers}. */
  weight: tf.Tensor2D;
  /** `[W]`. Default none. */
  bias?: tf.Tensor;
}

/** Weights and shape of the attention. */
export interface PlaceAttention {
  /** Has `NAME.in.weight` `[3W, W]` and `NAME.in.bias`, which stack query, key and value. */
  parameters: ReadonlyMap<string, tf.Tensor>;
  name: string;
  heads: number;
  /** How many of the leading places ask. Default 1. */
  queries?: number;
  frames: FrameMap;
  /** `[B, 1, S]`: added to the frames' scores; see {@link frameMask}. Default none. */
  mask?: tf.Tensor | undefined;
  /** The dropout of the attention weights. Default none. */
  drop?: ((weights: tf.Tensor) => tf.Tensor) | undefined;
}

/**
 * Multi-head attention of the first Q places to all leading places and all frames, without the output map.
 *
 * The places are the same for every recording. A score of such a query, `q . (W_k (W_in z + b_in) + b_k)`, is
 * `z . (W_in^T W_k^T q)` but for a term that is the same for all frames; in the same way values are averaged before they are
 * mapped. So no frame is ever mapped to the layer's width: the cost for a frame is 4 Z heads Q, not 2 Z W + 4 W^2, and the
 * result is the same.
 *
 * @param states `[B, S, Z]`, or `[B, S, layers * Z]`
 * @param lead `[P, W]`: the places before the frames
 * @returns `[B, Q, W]`
 */
export function attendFromPlaces(
  states: tf.Tensor3D,
  lead: tf.Tensor,
  { parameters, name, heads, queries = 1, frames: { weight: input, bias }, mask, drop = (weights) => weights }:
    PlaceAttention,
): tf.Tensor3D {
  const [batch, frames] = states.shape;
  const [places, width] = lead.shape as [number, number];
  const part = width / heads;
  const rows = heads * queries; // row h * Q + i is query i in head h
  const [wq, wk, wv] = tf.split(weightOf(parameters, `${name}.in.weight`), 3, 0) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ]; // [W, W] each
  const [bq, , bv] = tf.split(weightOf(parameters, `${name}.in.bias`), 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];

  const asking = linear(tf.slice(lead, [0, 0], [queries, width]), wq, bq); // [Q, W]
  const q = tf.transpose(tf.reshape(asking, [queries, heads, part]), [1, 0, 2]); // [heads, Q, part]
  const asked = tf.reshape(tf.matMul(q, tf.reshape(wk, [heads, part, width])), [rows, width]); // W_k^T q: [heads * Q, W]
  const scaled = tf.mul(asked, 1 / Math.sqrt(part));
  const leadScores = tf.matMul(scaled, lead, false, true); // [heads * Q, P]
  const bare = tf.transpose(linear(states, tf.matMul(scaled, input)), [0, 2, 1]); // [B, S, Z] x [heads * Q, Z]^T -> [B, heads * Q, S]
  const frameScores = bias
    ? tf.add(bare, tf.reshape(tf.matMul(scaled, tf.reshape(bias, [width, 1])), [1, rows, 1]))
    : bare;
  const repeated = tf.add(leadScores, tf.zeros([batch, 1, 1])); // [B, heads * Q, P]
  const scores = tf.concat([repeated, mask ? tf.add(frameScores, mask) : frameScores], 2); // [B, heads * Q, P + S]

  const weights = drop(tf.softmax(scores));
  const ofLead = tf.slice(weights, [0, 0, 0], [batch, rows, places]);
  const ofFrames = tf.slice(weights, [0, 0, places], [batch, rows, frames]) as tf.Tensor3D;
  const leadMean = linear(ofLead, tf.transpose(lead)); // [B, heads * Q, W]
  const stateMean = linear(tf.matMul(ofFrames, states), input); // [B, heads * Q, S] x [B, S, Z] -> [.., Z] -> [B, heads * Q, W]
  const frameMean = bias ? tf.add(stateMean, tf.mul(tf.sum(ofFrames, -1, true), bias)) : stateMean;
  const mean = tf.transpose(tf.add(leadMean, frameMean), [1, 0, 2]); // [heads * Q, B, W]
  const byHead = tf.reshape(mean, [heads, queries * batch, width]) as tf.Tensor3D;
  const values = tf.matMul(byHead, tf.reshape(wv, [heads, part, width]), false, true); // [heads, Q * B, part]
  const joined = tf.transpose(tf.reshape(values, [heads, queries, batch, part]), [2, 1, 0, 3]); // [B, Q, heads, part]
  // The value's bias counts as often as the weights sum to: once, but for dropout.
  const total = tf.reshape(tf.sum(weights, -1), [batch, heads, queries, 1]);
  const biases = tf.mul(tf.transpose(total, [0, 2, 1, 3]), tf.reshape(bv, [heads, part])); // [B, Q, heads, part]
  return tf.reshape(tf.add(joined, biases), [batch, queries, width]);
}

/** Puts the weights softmax(w) of L layers into a map `[W, Z]` of their average: `[w_1 map, w_2 map, ...]`, `[W, L * Z]`. */
export function weighLayers(map: tf.Tensor2D, logits: tf.Tensor): tf.Tensor2D {
  const [[width, z], layers] = [map.shape, logits.size];
  const weights = tf.reshape(tf.softmax(logits), [1, layers, 1]);
  return tf.reshape(tf.mul(tf.reshape(map, [width, 1, z]), weights), [width, layers * z]); // [W, L, Z]
}

/** Layer norm of each layer's states, without gain and bias: `[B, S, layers * Z]`. */
export function normalizeLayers(states: tf.Tensor3D, width: number): tf.Tensor3D {
  return tf.tidy(() => {
    const each = tf.reshape(states, [-1, width]); // [B * S * layers, Z]
    return tf.reshape(layerNorm(each, tf.ones([width]), tf.zeros([width])), states.shape);
  });
}

/**
 * `[B, 1, S]`: 0 for a recording's frames, a large negative number for padding.
 *
 * @throws {RangeError} if the lengths do not match the states.
 */
export function frameMask(lengths: ArrayLike<number>, states: tf.Tensor3D): tf.Tensor {
  const [batch, frames] = states.shape;
  if (lengths.length !== batch) {
    throw new RangeError(
      `Cannot mask frames as ${lengths.length} lengths are given: expected ${batch}, one per recording`,
    );
  }
  const mask = new Float32Array(batch * frames);
  Array.from(lengths).forEach((length, b) => {
    if (!(length >= 0 && length <= frames)) {
      throw new RangeError(`Cannot mask frames as length ${b} must be in [0, ${frames}]: current value is ${length}`);
    }
    mask.fill(NEVER, b * frames + length, (b + 1) * frames);
  });
  return tf.tensor3d(mask, [batch, 1, frames]);
}
