/** The image side of the systems that are trained from scratch, and what their models have in common. */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { convTower, initialValue, meanOverPositions, type TowerSizes } from "./conv_tower.ts";
import { applyLinear } from "./encoder_layer.ts";
import {
  imageTensor,
  initialize,
  type Model,
  type ModelSize,
  type Pass,
  runningStatistics,
  type Speech,
  type System,
} from "./system.ts";

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

/** Image towers from scratch: one of the size of a ResNet-18, and one for the bundled sample. */
export const IMAGE_TOWERS: Readonly<Record<ModelSize, TowerSizes>> = {
  published: { widths: [64, 64, 128, 256, 512], kernel: 3, blocks: 2, stemKernel: 7, stemStride: 2 },
  small: { widths: [8, 16, 32, 64], kernel: 3, blocks: 1, stemKernel: 3, stemStride: 2 },
};

/** A model with a tower of log-mel and one of pixels. */
export interface TwoTowers<Settings extends TwoTowerSettings> extends Model {
  settings: Settings;
  statistics: Map<string, tf.Variable>;
}

/**
 * How such systems make a model.
 *
 * @param sizes the settings of each size; a log-mel with another number of bins changes `mels`
 * @param shapesOf shapes of the parameters by name, and the norms that have running statistics, with their channels
 */
export function twoTowers<Settings extends TwoTowerSettings>(
  sizes: Readonly<Record<ModelSize, Settings>>,
  shapesOf: (settings: Settings) => { parameters: Map<string, number[]>; norms: Map<string, number> },
): Pick<System<TwoTowers<Settings>>, "shapes" | "create"> {
  return {
    shapes: (_, { size, speechWidth }) => shapesOf({ ...sizes[size], mels: speechWidth }).parameters,
    create(variant, { clip, speechWidth, size, seed }) {
      const settings = { ...sizes[size], mels: speechWidth };
      const { parameters, norms } = shapesOf(settings);
      return {
        variant,
        clip,
        settings,
        parameters: initialize(parameters, seed, (name, shape) => initialValue(name, shape)),
        statistics: runningStatistics(norms),
      };
    },
  };
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
