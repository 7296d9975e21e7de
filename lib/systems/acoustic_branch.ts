/** The acoustic branch: what the words do not say. */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { dropout, gelu, layerNorm, linear } from "../runtime/operations.ts";
import type { AcousticConfig } from "./acoustic_config.ts";
import { attendFromPlaces, frameMask, normalizeLayers, type PlaceAttention, weighLayers } from "./place_attention.ts";

/** Options of {@link encodeAcoustic}. */
export interface AcousticOptions {
  /** Number of frames per recording; later frames are masked. Default: no mask. */
  lengths?: ArrayLike<number> | undefined;
  /** Seed of the dropout. Default no dropout. */
  dropoutSeed?: number | string | undefined;
}

/**
 * The acoustic feature F_A of each recording, not normalized (paper, section 3): Whisper's states through a linear map,
 * behind a class token and the shared prompts, through one post-norm transformer layer and a normalization; the class
 * place through a linear map. Only the class token is read, so only its query is computed; see {@link attendFromPlaces}.
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
  const { layers = 1, whisperWidth } = config;
  return tf.tidy(() => {
    const normed = layers === 1 ? states : normalizeLayers(states, whisperWidth);
    const shown = dropoutSeed === undefined ? normed : dropColumns(normed, config, `${dropoutSeed}:states`);
    const map = get("input.weight") as tf.Tensor2D;
    const weight = layers === 1 ? map : weighLayers(map, get("layers"));
    return classFeature(shown, parameters, {
      ...config,
      prompts,
      prefix: "acoustic.",
      frames: { weight, bias: get("input.bias") },
      mask: lengths && frameMask(lengths, states),
      dropoutSeed,
    });
  });
}

/** How {@link classFeature} reads frames. */
export interface ClassFeatureOptions extends Pick<PlaceAttention, "frames" | "mask"> {
  /** Prefix of the parameters' names. */
  prefix: string;
  /** `[M, W]`: places between the class token and the frames. Default none. */
  prompts?: tf.Tensor;
  heads: number;
  /** Dropout rate. */
  dropout: number;
  dropoutSeed?: number | string | undefined;
}

/**
 * One post-norm transformer layer and a normalization, read at the first place, and a linear map. SpeechCLIP-P is this
 * without prompts and input map (Shih et al. 2022).
 *
 * @returns `[B, D]`
 */
export function classFeature(
  states: tf.Tensor3D,
  parameters: ReadonlyMap<string, tf.Tensor>,
  { prefix, prompts, heads, frames, mask, dropout: rate, dropoutSeed }: ClassFeatureOptions,
): tf.Tensor2D {
  const get = (name: string) => weightOf(parameters, prefix + name);
  const apply = (name: string, x: tf.Tensor) => linear(x, get(`${name}.weight`), get(`${name}.bias`));
  const norm = (name: string, x: tf.Tensor) => layerNorm(x, get(`${name}.weight`), get(`${name}.bias`));
  const drop = (x: tf.Tensor, place: string) =>
    dropoutSeed === undefined ? x : dropout(x, rate, `${dropoutSeed}:${place}`);
  return tf.tidy(() => {
    const cls = get("cls"); // [1, W]
    const lead = prompts ? tf.concat([cls, prompts], 0) : cls; // [1 + M, W]
    const attention = { parameters, name: `${prefix}layer.attn`, heads, frames, mask };
    const attended = attendFromPlaces(states, lead, { ...attention, drop: (weights) => drop(weights, "weights") });
    const mixed = apply("layer.attn.out", tf.squeeze(attended, [1]));
    const seen = norm("layer.norm1", tf.add(cls, drop(mixed, "attention"))); // [B, W]
    const inner = drop(gelu(apply("layer.fc1", seen)), "inner"); // [B, feedforward]
    const layer = norm("layer.norm2", tf.add(seen, drop(apply("layer.fc2", inner), "feedforward")));
    return apply("output", norm("norm", layer)) as tf.Tensor2D; // [B, D]
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
