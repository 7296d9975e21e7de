/**
 * A transformer block whose weights are frozen, as one operation with its own gradient.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  attentionGradients,
  geluGradient,
  layerNormInputGradient,
  linearInputGradient,
} from "../runtime/operations.ts";
import type { TowerConfig } from "./config.ts";

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
  /** A place sees itself and the places before it only. */
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
