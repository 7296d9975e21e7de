/** CLIP's vision tower. */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { layerNorm, linear } from "../runtime/operations.ts";
import { type BlockOptions, recomputes, transformerBlock } from "./block.ts";
import { type Clip, weightOf } from "./clip.ts";
import type { VisionConfig } from "./config.ts";

/** Options of both towers. */
export interface TowerOptions {
  /**
   * Receives the input of the last block's attention after its first normalization, `[B, T, H]`, and returns the tensor from
   * which the block computes keys and values; see `lib/systems/relevance.ts`. Default the identity.
   */
  activationHook?: ((positions: tf.Tensor) => tf.Tensor) | undefined;
}

/**
 * Encodes images: features read at the class token, not normalized. Differentiable at the prompts and at every weight.
 *
 * @param pixels B images; see {@link Pixels}
 * @param prompts `[M, H]`: appended after the patches, without a position embedding, before the first layer
 * normalization (paper, section 3). Default none.
 * @returns `[B, D]`
 * @throws {InputError} if an image has another size than the tower expects.
 */
export function encodeImage(
  clip: Clip,
  pixels: Pixels,
  prompts?: tf.Tensor,
  { activationHook }: TowerOptions = {},
): tf.Tensor2D {
  const { weights, config: { vision } } = clip;
  return tf.tidy(() => {
    // The last block computes only the class token, since nothing else of its output is used.
    const first = (y: tf.Tensor) => tf.slice(y, [0, 0, 0], [y.shape[0] as number, 1, vision.width]);
    const x = positionsOf(clip, pixels, prompts, { read: first, activationHook });
    const final = layerNorm(
      tf.reshape(x, [x.shape[0] as number, vision.width]),
      weightOf(weights, "vision_model.post_layernorm.weight"),
      weightOf(weights, "vision_model.post_layernorm.bias"),
      vision.epsilon,
    );
    return linear(final, weightOf(weights, "visual_projection.weight")) as tf.Tensor2D; // [B, D]
  });
}

/**
 * The patches of images: the last layer's output, without the class token and without the final normalization.
 *
 * @param pixels B images; see {@link Pixels}
 * @returns `[B, N, H]`
 * @throws {InputError} if an image has another size than the tower expects.
 */
export function encodePatches(clip: Clip, pixels: Pixels): tf.Tensor3D {
  return tf.tidy(() => {
    const x = positionsOf(clip, pixels) as tf.Tensor3D; // [B, 1 + N, H]
    const [batch, positions, width] = x.shape;
    return tf.slice(x, [0, 1, 0], [batch, positions - 1, width]);
  });
}

/** The output of the last block: `[B, 1 + N + M, H]`, or of the positions that `read` picks. */
function positionsOf(
  { weights, config: { vision } }: Clip,
  pixels: Pixels,
  prompts?: tf.Tensor,
  last: Pick<BlockOptions, "read" | "activationHook"> = {},
): tf.Tensor {
  const get = (name: string) => weightOf(weights, `vision_model.${name}`);
  const patches = patchesOf(pixels, vision); // [B, N, 3 * P * P]
  const batch = patches.shape[0];
  const kernel = tf.reshape(get("embeddings.patch_embedding.weight"), [vision.width, -1]); // [H, 3, P, P] -> [H, 3 * P * P]
  const everyRow = tf.zeros([batch, 1, 1]); // adding it repeats a row for the whole batch
  const first = tf.add(get("embeddings.class_embedding"), everyRow); // [B, 1, H]
  const embedded = tf.add(
    tf.concat([first, linear(patches, kernel)], 1), // [B, 1 + N, H]
    get("embeddings.position_embedding.weight"),
  );
  const tokens = prompts ? tf.concat([embedded, tf.add(prompts, everyRow)], 1) : embedded; // [B, 1 + N + M, H]
  let x = layerNorm(tokens, get("pre_layrnorm.weight"), get("pre_layrnorm.bias"), vision.epsilon);
  const recompute = recomputes(vision, batch * (x.shape[1] as number));
  for (let i = 0; i < vision.layers; i++) {
    const how = i < vision.layers - 1 ? { recompute } : last;
    const next = transformerBlock(x, weights, `vision_model.encoder.layers.${i}`, vision, how);
    x.dispose(); // now, not after the last block; the gradient holds its own reference if it needs one
    x = next;
  }
  return x;
}

/**
 * Images: `[3 * S * S]` normalized values each (channel, then row, then column) on the host, or a tensor `[B, 3, S, S]`.
 * Images on the host are cut into patches there, which saves a transpose on the device.
 */
export type Pixels = readonly Float32Array[] | tf.Tensor;

/**
 * Cuts images into patches of P x P pixels, row by row. Like a convolution of stride P, it skips pixels past the last whole
 * patch.
 *
 * @returns `[B, G * G, 3 * P * P]` with G = floor(S / P) patches a side; each patch has channel, then row, then column
 * @throws {InputError} if there is no image or one has another size than the tower expects.
 */
export function patchesOf(pixels: Pixels, { imageSize, patchSize, channels }: VisionConfig): tf.Tensor3D {
  const grid = Math.floor(imageSize / patchSize);
  if (pixels instanceof tf.Tensor) {
    if (pixels.rank !== 4 || pixels.shape.slice(1).join() !== [channels, imageSize, imageSize].join()) {
      throw new InputError(
        `Cannot encode images of the shape [${pixels.shape}]: expected [B, ${channels}, ${imageSize}, ${imageSize}].`,
      );
    }
    return cutOnDevice(pixels as tf.Tensor4D, grid, patchSize);
  }
  if (pixels.length === 0) throw new InputError("Cannot encode images as the batch is empty: expected at least 1.");
  const size = channels * patchSize * patchSize;
  const patches = new Float32Array(pixels.length * grid * grid * size);
  pixels.forEach((image, b) => {
    if (image.length !== channels * imageSize * imageSize) {
      throw new InputError(
        `Cannot encode image ${b} as it has ${image.length} values: expected ${channels} x ${imageSize} x ${imageSize}.`,
      );
    }
    let at = b * grid * grid * size;
    for (let row = 0; row < grid; row++) {
      for (let column = 0; column < grid; column++) {
        for (let line = 0; line < channels * patchSize; line++) {
          const [channel, y] = [Math.floor(line / patchSize), row * patchSize + line % patchSize];
          const from = (channel * imageSize + y) * imageSize + column * patchSize;
          for (let x = 0; x < patchSize; x++) patches[at++] = image[from + x] as number;
        }
      }
    }
  });
  return tf.tensor3d(patches, [pixels.length, grid * grid, size]);
}

/** Uses two transposes of rank 4, since one of rank 6 is slow on most backends. */
function cutOnDevice(pixels: tf.Tensor4D, grid: number, patch: number): tf.Tensor3D {
  const [batch, channels, height] = pixels.shape;
  const side = grid * patch;
  return tf.tidy(() => {
    const whole = side === height ? pixels : tf.slice(pixels, [0, 0, 0, 0], [batch, channels, side, side]);
    const lines = tf.reshape(whole, [batch * channels * grid, patch, grid, patch]); // rows of a band, then columns
    const cut = tf.transpose(lines, [0, 2, 1, 3]); // [B * 3 * G, G, P, P]
    const byChannel = tf.reshape(cut, [batch, channels, grid * grid, patch * patch]);
    return tf.reshape(tf.transpose(byChannel, [0, 2, 1, 3]), [batch, grid * grid, channels * patch * patch]);
  });
}
