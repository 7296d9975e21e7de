/**
 * MILAN (Sanabria et al. 2021, arXiv 2104.01894) in our frame: two towers of residual convolutions over the pictures of
 * speech and image, trained from scratch by the masked margin softmax loss. Its encoders could not be read: all but the form
 * of the loss is ours.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Margin, marginSoftmaxLoss } from "../losses/margin_softmax.ts";
import { unitLength } from "../runtime/operations.ts";
import { convTower, convTowerShapes, meanOverPositions } from "./conv_tower.ts";
import { applyLinear, linearShapes } from "./encoder_layer.ts";
import { LOG_TEMPERATURE } from "./parameters.ts";
import { encodePixels, IMAGE_TOWERS, melOf, type TwoTowers, twoTowers, type TwoTowerSettings } from "./pixel_tower.ts";
import type { ModelSize, System } from "./system.ts";

/** Sizes and choices of a model. */
export interface MilanSettings extends TwoTowerSettings {
  /** Taken off the cosine of a match in the loss. */
  margin: Margin;
}

/** Large sizes (ours, as the published ones could not be read), and small ones for the bundled sample. */
export const MILAN_SIZES: Readonly<Record<ModelSize, MilanSettings>> = {
  published: {
    mels: 40,
    joint: 1024,
    margin: 0.001,
    audio: { widths: [64, 64, 128, 256, 512], kernel: 3, blocks: 2, stemKernel: 7, stemStride: 2 },
    image: IMAGE_TOWERS.published,
  },
  small: {
    mels: 40,
    joint: 64,
    margin: 0.001,
    audio: { widths: [8, 8, 16, 32], kernel: 3, blocks: 1, stemKernel: 3, stemStride: 2 },
    image: IMAGE_TOWERS.small,
  },
};

/** Shapes of the parameters by name, and the norms that have running statistics, with their channels. */
export function milanShapes(
  { joint, audio, image }: MilanSettings,
): { parameters: Map<string, number[]>; norms: Map<string, number> } {
  const speechTower = convTowerShapes("audio.conv", audio, { dimensions: 2, channels: 1 });
  const imageTower = convTowerShapes("image.conv", image, { dimensions: 2, channels: 3 });
  return {
    parameters: new Map([
      ...speechTower.parameters,
      ...linearShapes("audio.output", joint, audio.widths.at(-1) as number),
      ...imageTower.parameters,
      ...linearShapes("image.output", joint, image.widths.at(-1) as number),
      [LOG_TEMPERATURE, []],
    ]),
    norms: new Map([...speechTower.norms, ...imageTower.norms]),
  };
}

/** MILAN; `image` and `speech` have length 1. */
export const milan: System<TwoTowers<MilanSettings>> = {
  ...twoTowers(MILAN_SIZES, milanShapes),

  encodeImages: (model, images, pass) => tf.tidy(() => ({ image: unitLength(encodePixels(model, images, pass)) })),

  encodeSpeech(model, speech, { training } = {}) {
    const mel = melOf(model, speech);
    return tf.tidy(() => {
      const picture = tf.expandDims(tf.transpose(mel, [0, 2, 1]), 3) as tf.Tensor4D; // [B, mels, T, 1]
      const { lengths } = speech;
      const tower = convTower(picture, model, "audio.conv", model.settings.audio, { lengths, training });
      return { speech: unitLength(applyLinear(model.parameters, "audio.output", meanOverPositions(tower))) };
    });
  },

  /** The masked margin softmax loss of the cosines, with the learned temperature. */
  loss({ parameters, settings: { margin } }, { image, speech }, { imageIds }) {
    return tf.tidy(() => {
      const cosines = tf.matMul(speech, image, false, true) as tf.Tensor2D; // [B, joint] x [B, joint]^T -> [B, B]
      return {
        loss: marginSoftmaxLoss(cosines, parameters.get(LOG_TEMPERATURE) as tf.Tensor, { imageIds, margin }),
      };
    });
  },
};
