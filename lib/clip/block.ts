/**
 * The transformer block of both towers, and its gradient where the weights are frozen.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  attention,
  attentionGradients,
  gelu,
  geluGradient,
  layerNorm,
  layerNormInputGradient,
  linear,
  linearInputGradient,
  quickGelu,
} from "../runtime/operations.ts";
import { roomLeft } from "../runtime/wasm/heap.ts";
import { weightOf } from "./clip.ts";
import type { TowerConfig } from "./config.ts";

/** How a block attends, and what it keeps. */
export interface BlockOptions {
  /** A place sees itself and the positions before it only. Default false. */
  causal?: boolean;
  /**
   * Picks the one place of each row that is read later, `[B, T, H] -> [B, 1, H]`: the last block computes the query and
   * the feed-forward there only, since nothing else of its output is used. Default all positions.
   */
  read?: (x: tf.Tensor) => tf.Tensor;
  /** `[B]`, int32: with `read`, the keys from this one on are not looked at. Default all are. */
  keyLengths?: tf.Tensor1D;
  /**
   * With `read`: takes what the block looks at, all positions after its first normalisation `[B, T, H]`, and gives what keys and
   * values are made of instead: to watch it, or for a gradient there. Default as it is.
   */
  activationHook?: ((positions: tf.Tensor) => tf.Tensor) | undefined;
  /** Frozen blocks keep their input only and compute themselves again for the gradient. Default false. */
  recompute?: boolean;
}

/**
 * A pre-norm transformer block: `x + attention(norm(x))`, then `x + feedforward(norm(x))`. Where its weights are constants,
 * it has a gradient at x only and keeps less for it, see {@link frozenBlock}.
 *
 * @param x `[B, T, H]`
 * @param prefix of the weights' names, as `"text_model.encoder.layers.0"`
 * @returns `[B, T, H]`, or `[B, 1, H]` with `read`
 */
export function transformerBlock(
  x: tf.Tensor,
  weights: ReadonlyMap<string, tf.Tensor>,
  prefix: string,
  config: TowerConfig,
  { causal = false, read, activationHook = (positions) => positions, keyLengths, recompute = false }: BlockOptions = {},
): tf.Tensor {
  const { heads, activation, epsilon } = config;
  const weight = (name: string) => weightOf(weights, `${prefix}.${name}`);
  const norm = (name: string, y: tf.Tensor) => layerNorm(y, weight(`${name}.weight`), weight(`${name}.bias`), epsilon);
  const apply = (name: string, y: tf.Tensor, onto?: tf.Tensor) =>
    linear(y, weight(`${name}.weight`), weight(`${name}.bias`), onto);

  const begin = (x: tf.Tensor): Inside => {
    const half = tf.tidy(() => {
      const normed = norm("layer_norm1", x);
      const all = read ? activationHook(normed) : normed;
      const residual = read ? read(x) : x;
      const asking = read ? norm("layer_norm1", residual) : all;
      const q = apply("self_attn.q_proj", asking); // [B, T or 1, H]
      const k = apply("self_attn.k_proj", all); // [B, T, H]
      const v = apply("self_attn.v_proj", all);
      const seen = attention(q, k, v, { heads, causal: causal && !read, ...(keyLengths ? { keyLengths } : {}) });
      return { q, k, v, attended: apply("self_attn.out_proj", seen, residual) };
    });
    const inner = tf.tidy(() => apply("mlp.fc1", norm("layer_norm2", half.attended))); // [B, T or 1, feedforward]
    return { ...half, inner };
  };
  const finish = ({ attended, inner }: Inside): tf.Tensor => {
    const active = activation === "gelu" ? gelu(inner) : quickGelu(inner);
    return apply("mlp.fc2", active, attended);
  };
  return tf.tidy(() => {
    if (read || isTrained(weights, prefix)) return finish(begin(x));
    return frozenBlock(x, { weight, begin, finish, causal, recompute }, config);
  });
}

/** Whether a weight of the block is a variable. */
function isTrained(weights: ReadonlyMap<string, tf.Tensor>, prefix: string): boolean {
  for (const [name, weight] of weights) {
    if (weight instanceof tf.Variable && name.startsWith(`${prefix}.`)) return true;
  }
  return false;
}

/** What a block computes on its way, of which the gradient needs these. */
export interface Inside {
  /** Queries `[B, T, H]`. */
  q: tf.Tensor;
  /** Keys `[B, T, H]`. */
  k: tf.Tensor;
  /** Values `[B, T, H]`. */
  v: tf.Tensor;
  /** After the attention was added `[B, T, H]`. */
  attended: tf.Tensor;
  /** Before the activation `[B, T, feedforward]`. */
  inner: tf.Tensor;
}

/** The two halves of a block, and its weights. */
export interface BlockParts {
  /** A weight by its name in the block, as `"mlp.fc1.weight"`. */
  weight: (name: string) => tf.Tensor;
  /** The first half: all up to the activation. */
  begin: (x: tf.Tensor) => Inside;
  /** The second half: `[B, T, H]`. */
  finish: (inside: Inside) => tf.Tensor;
  /** A place sees itself and the positions before it only. */
  causal: boolean;
  /** The first half is computed again for the gradient rather than kept: `T * (4 H + feedforward)` floats less a row. */
  recompute: boolean;
}

/**
 * Runs a block so that its gradient exists at x only. TensorFlow.js keeps what every single operation took and, until the
 * whole backward pass is over, the gradient at every one of them: here both are those of the block alone.
 *
 * @param x `[B, T, H]`
 * @returns `[B, T, H]`
 */
export function frozenBlock(x: tf.Tensor, parts: BlockParts, config: TowerConfig): tf.Tensor {
  const { begin, finish, recompute } = parts;
  return tf.customGrad((...values) => {
    const [input, save] = values as unknown as [tf.Tensor, (tensors: tf.Tensor[]) => void];
    const inside = begin(input);
    save(recompute ? [input] : [input, inside.q, inside.k, inside.v, inside.attended, inside.inner]);
    return {
      value: finish(inside),
      gradFunc: (dy, saved) =>
        tf.tidy(() => {
          const [x, q, k, v, attended, inner] = saved as [tf.Tensor, ...tf.Tensor[]];
          const kept = q && k && v && attended && inner ? { q, k, v, attended, inner } : begin(x);
          const gradient = inputGradient(x, kept, dy as tf.Tensor, parts, config);
          tf.dispose(saved); // now rather than after the whole backward pass
          return gradient;
        }),
    };
  })(x);
}

/** The gradient at the block's input. */
function inputGradient(
  x: tf.Tensor,
  { q, k, v, attended, inner }: Inside,
  dy: tf.Tensor,
  { weight, causal }: BlockParts,
  { heads, activation, epsilon }: TowerConfig,
): tf.Tensor {
  const back = (...layers: [name: string, d: tf.Tensor][]) =>
    linearInputGradient(layers.map(([name, d]) => [d, weight(`${name}.weight`)]));
  const normBack = (name: string, x: tf.Tensor, dy: tf.Tensor, onto: tf.Tensor) =>
    layerNormInputGradient({ x, weight: weight(`${name}.weight`), dy, onto }, epsilon);
  const dAttended = tf.tidy(() => {
    const dInner = geluGradient(inner, back(["mlp.fc2", dy]), activation === "quick_gelu"); // [B, T, feedforward]
    return normBack("layer_norm2", attended, back(["mlp.fc1", dInner]), dy);
  });
  const dAll = tf.tidy(() => {
    const dSeen = back(["self_attn.out_proj", dAttended]);
    const [dq, dk, dv] = attentionGradients([q, k, v], dSeen, { heads, causal });
    return back(["self_attn.q_proj", dq], ["self_attn.k_proj", dk], ["self_attn.v_proj", dv]);
  });
  return normBack("layer_norm1", x, dAll, dAttended);
}

/**
 * So much of the room may be kept. The rest is for what a backward pass makes besides, about a fifth of what is kept, and for
 * gaps between tensors.
 */
const SHARE = 0.65;

/**
 * Whether the blocks of a frozen tower keep their inputs only and compute the rest again for the gradient: where the rest would
 * fill the room. The gradient is the same to the last digit; a step takes a quarter longer.
 *
 * @param positions how many positions of how many rows, B * T
 * @param room bytes; default what the backend has left
 */
export function recomputes(
  { layers, width, feedforward }: TowerConfig,
  positions: number,
  room: number = roomLeft(),
): boolean {
  return 4 * positions * (layers - 1) * (5 * width + feedforward) > SHARE * room;
}
