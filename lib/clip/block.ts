/** The transformer block of both towers, and its gradient for frozen weights. */
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

export interface BlockOptions {
  /** A position attends only to itself and to earlier positions. Default false. */
  causal?: boolean;
  /**
   * Picks one position of each row, `[B, T, H] -> [B, 1, H]`: the last block computes the query and the feed-forward only
   * there, since nothing else of its output is used. Default all positions.
   */
  read?: (x: tf.Tensor) => tf.Tensor;
  /** `[B]`, int32: with `read`, the number of keys that the position attends to. Default all. */
  keyLengths?: tf.Tensor1D;
  /** With `read`: see `TowerOptions` in `vision_tower.ts`. */
  activationHook?: ((positions: tf.Tensor) => tf.Tensor) | undefined;
  /** A frozen block saves only its input and recomputes the rest for the gradient. Default false. */
  recompute?: boolean;
}

/**
 * A pre-norm transformer block: `x + attention(norm(x))`, then `x + feedforward(norm(x))`. If its weights are constants, it
 * has a gradient only at x and saves less for it; see {@link frozenBlock}.
 *
 * @param x `[B, T, H]`
 * @param prefix of the weights' names, such as `"text_model.encoder.layers.0"`
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
      const q = apply("self_attn.q_proj", read ? norm("layer_norm1", residual) : all); // [B, T or 1, H]
      const k = apply("self_attn.k_proj", all); // [B, T, H]
      const v = apply("self_attn.v_proj", all);
      const mixed = attention(q, k, v, { heads, causal: causal && !read, ...(keyLengths ? { keyLengths } : {}) });
      return { q, k, v, attended: apply("self_attn.out_proj", mixed, residual) };
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

function isTrained(weights: ReadonlyMap<string, tf.Tensor>, prefix: string): boolean {
  return [...weights].some(([name, weight]) => weight instanceof tf.Variable && name.startsWith(`${prefix}.`));
}

/** The intermediate results that the gradient needs. */
interface Inside {
  q: tf.Tensor; // [B, T, H]
  k: tf.Tensor; // [B, T, H]
  v: tf.Tensor; // [B, T, H]
  attended: tf.Tensor; // [B, T, H], the residual stream after attention
  inner: tf.Tensor; // [B, T, feedforward], before the activation
}

/** The two halves of a block, split before the activation, with access to its weights. */
interface BlockParts extends Required<Pick<BlockOptions, "causal" | "recompute">> {
  weight: (name: string) => tf.Tensor;
  begin: (x: tf.Tensor) => Inside;
  finish: (inside: Inside) => tf.Tensor;
}

/**
 * Runs a block whose only gradient is at x. TensorFlow.js would save the inputs of every operation and, until the whole
 * backward pass ends, every intermediate gradient. This saves only what the block's gradient needs and frees it at once.
 * `recompute` saves another `T * (4 H + feedforward)` floats a row.
 *
 * @param x `[B, T, H]`
 * @returns `[B, T, H]`
 */
function frozenBlock(x: tf.Tensor, parts: BlockParts, config: TowerConfig): tf.Tensor {
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
          const inside = q && k && v && attended && inner ? { q, k, v, attended, inner } : begin(x);
          const gradient = inputGradient(x, inside, dy as tf.Tensor, parts, config);
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
    const dMixed = back(["self_attn.out_proj", dAttended]);
    const [dq, dk, dv] = attentionGradients([q, k, v], dMixed, { heads, causal });
    return back(["self_attn.q_proj", dq], ["self_attn.k_proj", dk], ["self_attn.v_proj", dv]);
  });
  return normBack("layer_norm1", x, dAll, dAttended);
}

/**
 * The share of the free memory that saved tensors may fill. The backward pass needs about another fifth of what is saved, and
 * fragmentation takes some.
 */
const SHARE = 0.65;

/**
 * Whether the blocks of a frozen tower save only their inputs and recompute the rest for the gradient, because the rest would
 * not fit in memory. The gradient is the same to the last digit; a step takes a quarter longer.
 *
 * @param positions in all rows, B * T
 * @param free bytes; default what the backend has left
 */
export function recomputes(
  { layers, width, feedforward }: TowerConfig,
  positions: number,
  free: number = roomLeft(),
): boolean {
  return 4 * positions * (layers - 1) * (5 * width + feedforward) > SHARE * free;
}
