/**
 * The transformer block that both towers are made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { attention, gelu, layerNorm, linear, quickGelu } from "../runtime/operations.ts";
import { weightOf } from "./clip.ts";
import type { TowerConfig } from "./config.ts";
import { frozenBlock, type Inside } from "./frozen_block.ts";

/** How a block attends, and what it keeps. */
export interface BlockOptions {
  /** A place sees itself and the places before it only. Default false. */
  causal?: boolean;
  /**
   * Picks the one place of each row that is read later, `[B, T, H] -> [B, 1, H]`: the last block computes the query and
   * the feed-forward there only, since nothing else of its output is used. Default all places.
   */
  read?: (x: tf.Tensor) => tf.Tensor;
  /** `[B]`, int32: with `read`, the keys from this one on are not looked at. Default all are. */
  keyLengths?: tf.Tensor1D;
  /**
   * With `read`: takes what the block looks at, all places after its first normalisation `[B, T, H]`, and gives what keys and
   * values are made of instead: to watch it, or for a gradient there. Default as it is.
   */
  looksAt?: ((places: tf.Tensor) => tf.Tensor) | undefined;
  /** Frozen blocks keep their input only and compute themselves again for the gradient. Default false. */
  recompute?: boolean;
}

/**
 * A pre-norm transformer block: `x + attention(norm(x))`, then `x + feedforward(norm(x))`. Where its weights are constants,
 * it has a gradient at x only and keeps less for it, see `frozen_block.ts`.
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
  { causal = false, read, looksAt = (places) => places, keyLengths, recompute = false }: BlockOptions = {},
): tf.Tensor {
  const { heads, activation, epsilon } = config;
  const weight = (name: string) => weightOf(weights, `${prefix}.${name}`);
  const norm = (name: string, y: tf.Tensor) => layerNorm(y, weight(`${name}.weight`), weight(`${name}.bias`), epsilon);
  const apply = (name: string, y: tf.Tensor, onto?: tf.Tensor) =>
    linear(y, weight(`${name}.weight`), weight(`${name}.bias`), onto);

  const begin = (x: tf.Tensor): Inside => {
    const half = tf.tidy(() => {
      const normed = norm("layer_norm1", x);
      const all = read ? looksAt(normed) : normed;
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
