/**
 * ResDAVEnet (Harwath, Hsu and Glass 2020, arXiv 1911.09602) in our frame: two towers of residual convolutions, trained
 * from scratch on log-mel frames and pixels; the score is the dot product of their means.
 */
import * as tf from "@tensorflow/tfjs-core";
import { drawImpostors, tripletLoss } from "../losses/triplet_loss.ts";
import { Random } from "../random.ts";
import { convTower, convTowerShapes, meanOverPositions } from "./conv_tower.ts";
import { linearShapes } from "./encoder_layer.ts";
import { encodePixels, IMAGE_TOWERS, melOf, type TwoTowers, twoTowers, type TwoTowerSettings } from "./pixel_tower.ts";
import type { ModelSize, System } from "./system.ts";

/** Sizes and choices of a model. `joint` is the speech tower's last width. */
export interface ResDaveNetSettings extends TwoTowerSettings {
  /** Margin of the triplet loss. */
  margin: number;
}

/**
 * The published sizes, with an image tower from scratch of the size of a ResNet-18 in the place of the pretrained ResNet-50;
 * and small ones for the bundled sample.
 */
export const RESDAVENET_SIZES: Readonly<Record<ModelSize, ResDaveNetSettings>> = {
  published: {
    mels: 40,
    joint: 1024,
    margin: 1,
    audio: { widths: [128, 256, 256, 512, 1024], kernel: 9, blocks: 2, stemKernel: 1, stemStride: 1 },
    image: IMAGE_TOWERS.published,
  },
  small: {
    mels: 40,
    joint: 64,
    margin: 1,
    audio: { widths: [16, 24, 32, 64], kernel: 9, blocks: 1, stemKernel: 1, stemStride: 1 },
    image: IMAGE_TOWERS.small,
  },
};

/** Shapes of the parameters by name, and the norms that have running statistics, with their channels. */
export function resDaveNetShapes(
  { mels, joint, audio, image }: ResDaveNetSettings,
): { parameters: Map<string, number[]>; norms: Map<string, number> } {
  const speechTower = convTowerShapes("audio.conv", audio, { dimensions: 1, channels: mels });
  const imageTower = convTowerShapes("image.conv", image, { dimensions: 2, channels: 3 });
  return {
    parameters: new Map([
      ...speechTower.parameters,
      ...imageTower.parameters,
      ...linearShapes("image.output", joint, image.widths.at(-1) as number),
    ]),
    norms: new Map([...speechTower.norms, ...imageTower.norms]),
  };
}

/** ResDAVEnet; `image` and `speech` are means, as they are. */
export const resDaveNet: System<TwoTowers<ResDaveNetSettings>> = {
  ...twoTowers(RESDAVENET_SIZES, resDaveNetShapes),

  encodeImages: (model, images, pass) => ({ image: encodePixels(model, images, pass) }),

  encodeSpeech(model, speech, { training } = {}) {
    const mel = melOf(model, speech);
    const [batch, frames, bins] = mel.shape;
    return tf.tidy(() => {
      const line = tf.reshape(mel, [batch, 1, frames, bins]) as tf.Tensor4D; // all bins of a frame are its channels
      const { lengths } = speech;
      const tower = convTower(line, model, "audio.conv", model.settings.audio, { lengths, training });
      return { speech: meanOverPositions(tower) };
    });
  },

  /** The triplet loss; its drawn impostors follow the seed unless they are given. */
  loss({ settings: { margin } }, { image, speech }, { imageIds, impostors, seed = 0 }) {
    const ids = imageIds ?? Array.from({ length: image.shape[0] }, (_, i) => i);
    return tf.tidy(() => {
      const scores = tf.matMul(speech, image, false, true) as tf.Tensor2D; // [B, joint] x [B, joint]^T -> [B, B]
      return tripletLoss(scores, {
        imageIds: ids,
        impostors: impostors ?? drawImpostors(ids, new Random(`impostors:${seed}`)),
        margin,
      });
    });
  },
};
