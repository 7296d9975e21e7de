/**
 * CLIP's text tower.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { embedding, layerNorm, linear } from "../runtime/operations.ts";
import { transformerBlock } from "./block.ts";
import { type Clip, weightOf } from "./clip.ts";
import { recomputes } from "./recomputes.ts";
import { textPlaces, type TokenIds } from "./text_places.ts";
import type { TowerOptions } from "./vision_tower.ts";

/**
 * The feature of each text, read at EOS, not normalised. Differentiable at the prompts and at every weight.
 *
 * @param ids B rows of L tokens, on the host, as {@link TokenIds} says
 * @param prompts `[M, H]`: they take places 1 to M, right after SOS, and those places' position embeddings; the other
 * tokens move M places to the right (paper, section 3). Default none.
 * @returns `[B, D]`
 * @throws {InputError} where a row has no EOS or does not fit the tower.
 */
export function encodeText(
  clip: Clip,
  ids: TokenIds,
  prompts?: tf.Tensor,
  { looksAt }: TowerOptions = {},
): tf.Tensor2D {
  const { weights, config: { text } } = clip;
  const get = (name: string) => weightOf(weights, `text_model.${name}`);
  const m = prompts?.shape[0] ?? 0;
  const { ids: flat, batch, kept, ends } = textPlaces(ids, text, m);
  const places = kept + m;

  return tf.tidy(() => {
    const tokens = embedding(get("embeddings.token_embedding.weight"), tf.tensor2d(flat, [batch, kept], "int32")); // [B, T - M, H]
    const positions = tf.slice(get("embeddings.position_embedding.weight"), [0, 0], [places, text.width]); // [T, H]
    let x = tf.add(prompts ? withPrompts(tokens, prompts) : tokens, positions); // [B, T, H]

    // The last block computes the place of EOS only, which sees all places up to itself.
    const rows = tf.tensor1d(ends.map((end, i) => i * places + end), "int32");
    const read = (y: tf.Tensor) => tf.expandDims(embedding(tf.reshape(y, [batch * places, text.width]), rows), 1); // [B, T, H] -> [B * T, H] -> [B, 1, H]
    const keyLengths = tf.tensor1d(ends.map((end) => end + 1), "int32");
    const recompute = recomputes(text, batch * places);
    for (let i = 0; i < text.layers; i++) {
      const how = i < text.layers - 1 ? { causal: true, recompute } : { read, keyLengths, looksAt };
      const next = transformerBlock(x, weights, `text_model.encoder.layers.${i}`, text, how);
      x.dispose(); // now rather than after the last block; a gradient holds what it needs of it
      x = next;
    }
    const final = layerNorm(x, get("final_layer_norm.weight"), get("final_layer_norm.bias"), text.epsilon); // [B, 1, H]
    return linear(tf.reshape(final, [batch, text.width]), weightOf(weights, "text_projection.weight")) as tf.Tensor2D; // [B, D]
  });
}

/** Puts the prompts between the first token and the others: `[B, T - M, H], [M, H] -> [B, T, H]`. */
function withPrompts(tokens: tf.Tensor, prompts: tf.Tensor): tf.Tensor {
  const [batch, kept, width] = tokens.shape as [number, number, number];
  const first = tf.slice(tokens, [0, 0, 0], [batch, 1, width]);
  const others = tf.slice(tokens, [0, 1, 0], [batch, kept - 1, width]);
  // Adding zeros repeats the prompts for every row, with a sum over the rows as its gradient.
  return tf.concat([first, tf.add(prompts, tf.zeros([batch, 1, 1])), others], 1);
}
