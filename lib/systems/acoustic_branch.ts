/** The acoustic branch: what the words do not say. */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { dropout, gelu, layerNorm, linear } from "../runtime/operations.ts";
import type { AcousticConfig } from "./acoustic_config.ts";

/** Options of {@link encodeAcoustic}. */
export interface AcousticOptions {
  /** Number of frames per recording; later frames are masked. Default: no mask. */
  lengths?: ArrayLike<number> | undefined;
  /** Seed of the dropout. Default no dropout. */
  dropoutSeed?: number | string | undefined;
}

/** Added to masked scores. */
const NEVER = -1e9;

/**
 * The acoustic feature F_A of each recording, not normalized (paper, section 3): Whisper's states through a linear map,
 * behind a class token and the shared prompts, through one post-norm transformer layer and a normalization; the class
 * place through a linear map.
 *
 * Only the class token is read, so only its query is computed, and it is the same for every recording. A score of that one
 * query, `q . (W_k (W_in z + b_in) + b_k)`, is `z . (W_in^T W_k^T q)` but for a term that is the same for all frames; in
 * the same way values are averaged before they are mapped. So no frame is ever mapped to the layer's width: the cost for a
 * frame is 4 Z heads, not 2 Z Ht + 4 Ht^2, and the result is the same.
 *
 * With the states of several layers of Whisper, `z` is their average with weights softmax(w), after a layer norm of each
 * without parameters, as their sizes differ (`W_in z` is then a linear map of all of them, `[w_1 W_in, w_2 W_in, ...]`).
 *
 * @param states `[B, S, Z]`: the frozen states of Whisper's encoder, or `[B, S, layers * Z]`
 * @param prompts `[M, Ht]`
 * @param parameters those named `acoustic.*`
 * @returns `[B, D]`
 * @throws {RangeError} if the lengths do not match the states.
 */
export function encodeAcoustic(
  states: tf.Tensor3D,
  prompts: tf.Tensor,
  parameters: ReadonlyMap<string, tf.Tensor>,
  config: AcousticConfig,
  { lengths, dropoutSeed }: AcousticOptions = {},
): tf.Tensor2D {
  const get = (name: string) => weightOf(parameters, `acoustic.${name}`);
  const apply = (name: string, x: tf.Tensor) => linear(x, get(`${name}.weight`), get(`${name}.bias`));
  const norm = (name: string, x: tf.Tensor) => layerNorm(x, get(`${name}.weight`), get(`${name}.bias`));
  const drop = (x: tf.Tensor, place: string) =>
    dropoutSeed === undefined ? x : dropout(x, config.dropout, `${dropoutSeed}:${place}`);

  return tf.tidy(() => {
    const cls = get("cls"); // [1, Ht]
    const layers = normalizeLayers(states, config);
    const shown = dropoutSeed === undefined ? layers : dropColumns(layers, config, `${dropoutSeed}:states`);
    const attended = attendFromClass(shown, tf.concat([cls, prompts], 0), get, config, {
      mask: lengths && maskOf(lengths, states),
      drop: (weights) => drop(weights, "weights"),
    });
    const seen = norm("layer.norm1", tf.add(cls, drop(apply("layer.attn.out", attended), "attention"))); // [B, Ht]
    const inner = drop(gelu(apply("layer.fc1", seen)), "inner"); // [B, feedforward]
    const layer = norm("layer.norm2", tf.add(seen, drop(apply("layer.fc2", inner), "feedforward")));
    return apply("output", norm("norm", layer)) as tf.Tensor2D; // [B, D]
  });
}

/** Normalizes the states of each layer, if there are several: `[B, S, layers * Z]`. */
function normalizeLayers(states: tf.Tensor3D, { layers = 1, whisperWidth }: AcousticConfig): tf.Tensor3D {
  if (layers === 1) return states;
  return tf.tidy(() => {
    const each = tf.reshape(states, [-1, whisperWidth]); // [B * S * layers, Z]
    return tf.reshape(layerNorm(each, tf.ones([whisperWidth]), tf.zeros([whisperWidth])), states.shape);
  });
}

/** Drops columns of a recording's states, in all frames and layers. */
function dropColumns(
  states: tf.Tensor3D,
  { layers = 1, whisperWidth, stateDropout = 0 }: AcousticConfig,
  seed: string,
): tf.Tensor3D {
  if (stateDropout === 0) return states;
  const [batch] = states.shape;
  return tf.tidy(() => {
    const kept = dropout(tf.ones([batch, 1, whisperWidth]), stateDropout, seed); // [B, 1, Z]
    return tf.mul(states, tf.tile(kept, [1, 1, layers])); // [B, S, layers * Z]
  });
}

/** The map of a frame's states, `[Ht, Z]`, or `[Ht, layers * Z]` with the layers' weights in it. */
function inputMap(get: (name: string) => tf.Tensor, { layers = 1 }: AcousticConfig): tf.Tensor2D {
  const map = get("input.weight") as tf.Tensor2D;
  if (layers === 1) return map;
  const [width, z] = map.shape;
  const weights = tf.reshape(tf.softmax(get("layers")), [1, layers, 1]);
  return tf.reshape(tf.mul(tf.reshape(map, [width, 1, z]), weights), [width, layers * z]); // [Ht, layers, Z]
}

/**
 * Multi-head attention of the class token to the leading places and all frames.
 *
 * @param lead `[1 + M, Ht]`: class token and prompts
 * @returns `[B, Ht]`
 */
function attendFromClass(
  states: tf.Tensor3D,
  lead: tf.Tensor,
  get: (name: string) => tf.Tensor,
  config: AcousticConfig,
  { mask, drop }: { mask: tf.Tensor | undefined; drop: (weights: tf.Tensor) => tf.Tensor },
): tf.Tensor {
  const { heads } = config;
  const [batch, frames] = states.shape;
  const [places, width] = lead.shape as [number, number];
  const part = width / heads;
  const [wq, wk, wv] = tf.split(get("layer.attn.in.weight"), 3, 0) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]; // [Ht, Ht] each
  const [bq, , bv] = tf.split(get("layer.attn.in.bias"), 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];

  const q = tf.reshape(linear(tf.slice(lead, [0, 0], [1, width]), wq, bq), [heads, 1, part]);
  const asked = tf.reshape(tf.matMul(q, tf.reshape(wk, [heads, part, width])), [heads, width]); // W_k^T q: [heads, Ht]
  const scaled = tf.mul(asked, 1 / Math.sqrt(part));
  const leadScores = tf.matMul(scaled, lead, false, true); // [heads, 1 + M]
  const input = inputMap(get, config); // [Ht, Z]
  const frameBias = tf.reshape(tf.matMul(scaled, tf.reshape(get("input.bias"), [width, 1])), [1, heads, 1]);
  const bare = linear(states, tf.matMul(scaled, input)); // [B, S, Z] x [heads, Z]^T -> [B, S, heads]
  const frameScores = tf.add(tf.transpose(bare, [0, 2, 1]), frameBias); // [B, heads, S]
  const repeated = tf.add(leadScores, tf.zeros([batch, 1, 1])); // [B, heads, 1 + M]
  const scores = tf.concat([repeated, mask ? tf.add(frameScores, mask) : frameScores], 2); // [B, heads, 1 + M + S]

  const weights = drop(tf.softmax(scores));
  const ofLead = tf.slice(weights, [0, 0, 0], [batch, heads, places]);
  const ofFrames = tf.slice(weights, [0, 0, places], [batch, heads, frames]) as tf.Tensor3D;
  const leadMean = linear(ofLead, tf.transpose(lead)); // [B, heads, Ht]
  const stateMean = tf.matMul(ofFrames, states); // [B, heads, S] x [B, S, Z] -> [B, heads, Z]
  const frameMean = tf.add(linear(stateMean, input), tf.mul(tf.sum(ofFrames, -1, true), get("input.bias"))); // [B, heads, Ht]
  const mean = tf.transpose(tf.add(leadMean, frameMean), [1, 0, 2]); // [heads, B, Ht]
  const values = tf.matMul(mean, tf.reshape(wv, [heads, part, width]), false, true); // [heads, B, part]
  const joined = tf.reshape(tf.transpose(values, [1, 0, 2]), [batch, width]);
  // The value's bias counts as often as the weights sum to: once, but for dropout.
  const total = tf.sum(weights, -1, true); // [B, heads, 1]
  return tf.add(joined, tf.reshape(tf.mul(total, tf.reshape(bv, [heads, part])), [batch, width]));
}

/** `[B, 1, S]`: 0 for a recording's frames, a large negative number for padding. */
function maskOf(lengths: ArrayLike<number>, states: tf.Tensor3D): tf.Tensor {
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
