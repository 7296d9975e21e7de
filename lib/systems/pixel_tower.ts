/** The image side of the systems that are trained from scratch, and what their models have in common. */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { convTower, meanOverPositions, type TowerSizes } from "./conv_tower.ts";
import { applyLinear } from "./encoder_layer.ts";
import { imageTensor, type Model, type Pass, type Speech } from "./system.ts";

/** Sizes that both systems have. */
export interface TwoTowerSettings {
  /** Mel bins of a frame. */
  mels: number;
  /** Width of the joint space. */
  joint: number;
  /** The speech tower. */
  audio: TowerSizes;
  /** The image tower. */
  image: TowerSizes;
}

/** A model with a tower of log-mel and one of pixels. */
export interface TwoTowers<Settings extends TwoTowerSettings> extends Model {
  settings: Settings;
  statistics: Map<string, tf.Variable>;
}

/**
 * The mean of an image tower's features, mapped to the joint space.
 *
 * @param images normalized pixels, `[3, S, S]` each
 * @returns `[B, joint]`
 */
export function encodePixels(
  model: TwoTowers<TwoTowerSettings>,
  images: Pixels,
  { training }: Pass = {},
): tf.Tensor2D {
  const side = model.clip.config.vision.imageSize;
  return tf.tidy(() => {
    const pixels = tf.transpose(imageTensor(images, [3, side, side]), [0, 2, 3, 1]) as tf.Tensor4D; // [B, S, S, 3]
    const tower = convTower(pixels, model, "image.conv", model.settings.image, { training });
    return applyLinear(model.parameters, "image.output", meanOverPositions(tower)) as tf.Tensor2D;
  });
}

/**
 * The log-mel frames `[B, T, mels]`.
 *
 * @throws {RangeError} if they are missing or have another number of bins.
 */
export function melOf({ settings: { mels } }: TwoTowers<TwoTowerSettings>, { states }: Speech): tf.Tensor3D {
  if (states?.shape[2] !== mels) {
    throw new RangeError(
      `Cannot encode speech as 'states' must be log-mel frames [B, T, ${mels}]: current shape is [${states?.shape}]`,
    );
  }
  return states;
}
