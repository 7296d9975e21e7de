/**
 * Pictures cut into patches, so that the patch embedding is a matrix product.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import type { VisionConfig } from "./config.ts";

/**
 * Pictures: `[3 * S * S]` normalised values each (colour, then row, then column) on the host, or a tensor `[B, 3, S, S]`.
 * Those on the host are cut into patches there, which saves transposing them on the device.
 */
export type Pixels = readonly Float32Array[] | tf.Tensor;

/**
 * Cuts pictures into patches of P x P pixels, row by row; pixels past the last whole patch are left out, as a convolution
 * of stride P does.
 *
 * @returns `[B, G * G, 3 * P * P]` with G = floor(S / P) patches a side, in each patch colour, then row, then column
 * @throws {InputError} where there is no picture or one is not of the tower's size.
 */
export function patchesOf(pixels: Pixels, { imageSize, patchSize, channels }: VisionConfig): tf.Tensor3D {
  const grid = Math.floor(imageSize / patchSize);
  if (pixels instanceof tf.Tensor) {
    if (pixels.rank !== 4 || pixels.shape.slice(1).join() !== [channels, imageSize, imageSize].join()) {
      throw new InputError(
        `Cannot encode pictures of the shape [${pixels.shape}]: expected [B, ${channels}, ${imageSize}, ${imageSize}].`,
      );
    }
    return cutOnDevice(pixels as tf.Tensor4D, grid, patchSize);
  }
  if (pixels.length === 0) throw new InputError("Cannot encode pictures as the batch is empty: expected at least 1.");
  const size = channels * patchSize * patchSize;
  const patches = new Float32Array(pixels.length * grid * grid * size);
  pixels.forEach((picture, b) => {
    const expected = channels * imageSize * imageSize;
    if (picture.length !== expected) {
      throw new InputError(
        `Cannot encode picture ${b} as it has ${picture.length} values: expected ${channels} x ${imageSize} x ${imageSize}.`,
      );
    }
    let place = b * grid * grid * size;
    for (let row = 0; row < grid; row++) {
      for (let column = 0; column < grid; column++) {
        for (let line = 0; line < channels * patchSize; line++) {
          const [channel, y] = [Math.floor(line / patchSize), row * patchSize + line % patchSize];
          const from = (channel * imageSize + y) * imageSize + column * patchSize;
          for (let x = 0; x < patchSize; x++) patches[place++] = picture[from + x] as number;
        }
      }
    }
  });
  return tf.tensor3d(patches, [pixels.length, grid * grid, size]);
}

/** Two transposes of rank 4 in place of one of rank 6, which is slow on most backends. */
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
