/**
 * CLIP's vision tower.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { layerNorm, linear } from "../runtime/operations.ts";
import { transformerBlock } from "./block.ts";
import { type Clip, weightOf } from "./clip.ts";
import { patchesOf, type Pixels } from "./patches.ts";
import { recomputes } from "./recomputes.ts";

/** How a tower runs. */
export interface TowerOptions {
  /**
   * Takes what the last block looks at, the output of the block before it after the last block's first normalisation
   * `[B, T, H]`, and gives what it is to look at instead; see `lib/systems/relevance.ts`. Default as it is.
   */
  looksAt?: ((places: tf.Tensor) => tf.Tensor) | undefined;
}

/**
 * The feature of each picture, read at the class token, not normalised. Differentiable at the prompts and at every weight.
 *
 * @param pixels B pictures, as {@link Pixels} says
 * @param prompts `[M, H]`: appended after the patches, without a position embedding, before the first layer
 * normalisation (paper, section 3). Default none.
 * @returns `[B, D]`
 * @throws {InputError} where a picture is not of the tower's size.
 */
export function encodeImage(
  clip: Clip,
  pixels: Pixels,
  prompts?: tf.Tensor,
  { looksAt }: TowerOptions = {},
): tf.Tensor2D {
  const { weights, config: { vision } } = clip;
  const get = (name: string) => weightOf(weights, `vision_model.${name}`);
  const norm = (name: string, y: tf.Tensor) => layerNorm(y, get(`${name}.weight`), get(`${name}.bias`), vision.epsilon);

  return tf.tidy(() => {
    const patches = patchesOf(pixels, vision); // [B, N, 3 * P * P]
    const batch = patches.shape[0];
    const kernel = tf.reshape(get("embeddings.patch_embedding.weight"), [vision.width, -1]); // [H, 3, P, P] -> [H, 3 * P * P]
    const everywhere = tf.zeros([batch, 1, 1]); // added, it repeats a row for the whole batch
    const first = tf.add(get("embeddings.class_embedding"), everywhere); // [B, 1, H]
    const placed = tf.add(
      tf.concat([first, linear(patches, kernel)], 1), // [B, 1 + N, H]
      get("embeddings.position_embedding.weight"),
    );
    const tokens = prompts ? tf.concat([placed, tf.add(prompts, everywhere)], 1) : placed; // [B, 1 + N + M, H]
    let x = norm("pre_layrnorm", tokens);

    // The last block computes the class token only, since nothing else of its output is used.
    const read = (y: tf.Tensor) => tf.slice(y, [0, 0, 0], [batch, 1, vision.width]);
    const recompute = recomputes(vision, batch * (x.shape[1] as number));
    for (let i = 0; i < vision.layers; i++) {
      const how = i < vision.layers - 1 ? { recompute } : { read, looksAt };
      const next = transformerBlock(x, weights, `vision_model.encoder.layers.${i}`, vision, how);
      x.dispose(); // now rather than after the last block; a gradient holds what it needs of it
      x = next;
    }
    const final = norm("post_layernorm", tf.reshape(x, [batch, vision.width]));
    return linear(final, weightOf(weights, "visual_projection.weight")) as tf.Tensor2D; // [B, D]
  });
}
