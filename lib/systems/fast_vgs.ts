/**
 * FaST-VGS (Peng and Harwath 2021, arXiv 2109.08186) in our frame: speech and image have a vector each for a first, coarse
 * search; cross-modal layers score the best candidates again. One model is trained for both ways to search.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { softmaxLossBothWays } from "../losses/softmax_loss.ts";
import { dropout, gelu } from "../runtime/operations.ts";
import { convTower, convTowerShapes, initialValue, type TowerSizes } from "./conv_tower.ts";
import { crossShapes, matchAll, matchScores } from "./cross_layers.ts";
import {
  applyLinear,
  applyNorm,
  type Drop,
  encoderLayer,
  encoderLayerShapes,
  linearShapes,
  normShapes,
} from "./encoder_layer.ts";
import { mixLayers } from "./layer_mix.ts";
import {
  type Features,
  imageTensor,
  initialize,
  type Losses,
  type Model,
  type ModelSize,
  type Pass,
  runningStatistics,
  type ShapeSetup,
  type Speech,
  type System,
} from "./system.ts";

/** Sizes and choices of a model. */
export interface FastVgsSettings {
  /** Width d of all layers. */
  width: number;
  heads: number;
  feedforward: number;
  /** The tower that shortens speech; its last width is d. */
  conv: TowerSizes;
  imageLayers: number;
  crossLayers: number;
  /** Subtracted from the score of a match in the loss. */
  margin: number;
  /** Weights of the two losses. */
  coarseWeight: number;
  fineWeight: number;
  /** How many candidates of the coarse search are scored again. */
  top: number;
  dropout: number;
  /** Standard deviation of the first linear weights; null for `in ** -0.5`. */
  deviation: number | null;
}

/** What the frozen models give: Whisper's layers and width; CLIP's patches and vision width. */
export interface FastVgsInputs {
  layers: number;
  speechWidth: number;
  patches: number;
  imageWidth: number;
}

/** A model. */
export interface FastVgs extends Model {
  settings: FastVgsSettings;
  inputs: FastVgsInputs;
  statistics: Map<string, tf.Variable>;
}

const COMMON = { margin: 1, coarseWeight: 0.1, fineWeight: 1, top: 100, dropout: 0.1 };

/** The published sizes, and small ones for the bundled sample. */
export const FAST_VGS_SIZES: Readonly<Record<ModelSize, FastVgsSettings>> = {
  published: {
    ...COMMON,
    width: 768,
    heads: 12,
    feedforward: 3072,
    conv: { widths: [128, 128, 256, 512, 768], kernel: 9, blocks: 2, stemKernel: 1, stemStride: 1 },
    imageLayers: 6,
    crossLayers: 2,
    deviation: 0.02,
  },
  small: {
    ...COMMON,
    width: 48,
    heads: 4,
    feedforward: 96,
    conv: { widths: [32, 32, 48, 48], kernel: 9, blocks: 1, stemKernel: 1, stemStride: 1 },
    imageLayers: 1,
    crossLayers: 1,
    deviation: null,
  },
};

/** Shapes of the parameters by name, and the norms that have running statistics, with their channels. */
export function fastVgsShapes(
  settings: FastVgsSettings,
  { layers, speechWidth, imageWidth }: FastVgsInputs,
): { parameters: Map<string, number[]>; norms: Map<string, number> } {
  const { width, feedforward, conv, imageLayers } = settings;
  const tower = convTowerShapes("audio.conv", conv, { dimensions: 1, channels: speechWidth, bias: true });
  const parameters = new Map<string, number[]>([
    ["mix", [layers]],
    ...tower.parameters,
    ["audio.cls", [1, width]],
    ...encoderLayerShapes("audio.layer", width, feedforward),
    ...linearShapes("audio.coarse", width, width),
    ...linearShapes("image.input", width, imageWidth),
    ...normShapes("image.norm", width),
    ["image.cls", [1, width]],
    ...Array.from(
      { length: imageLayers },
      (_, i) => encoderLayerShapes(`image.layers.${i}`, width, feedforward),
    ).flat(),
    ...linearShapes("image.coarse1", 2 * width, width),
    ...linearShapes("image.coarse2", width, 2 * width),
    ...crossShapes(settings),
  ]);
  return { parameters, norms: tower.norms };
}

function inputsOf({ clip, speechWidth, speechLayers }: ShapeSetup): FastVgsInputs {
  const { imageSize, patchSize, width } = clip.config.vision;
  return {
    layers: speechLayers,
    speechWidth,
    patches: Math.floor(imageSize / patchSize) ** 2,
    imageWidth: width,
  };
}

/** The dropout of a pass. */
function dropOf({ settings }: FastVgs, { dropoutSeed }: Pass): Drop | undefined {
  return dropoutSeed === undefined || settings.dropout === 0
    ? undefined
    : { rate: settings.dropout, seed: dropoutSeed };
}

/** Puts a learned class token before each sequence: `[B, T, d] -> [B, 1 + T, d]`. */
function withClass(cls: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.concat([tf.add(cls, tf.zeros([x.shape[0] as number, 1, 1])), x], 1);
}

/** The class place of each sequence: `[B, T, d] -> [B, d]`. */
function classOf(x: tf.Tensor): tf.Tensor2D {
  const [batch, , width] = x.shape as [number, number, number];
  return tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, width]), [batch, width]);
}

/**
 * Images: `image` `[B, d]` is the coarse vector; `imageTokens` `[B, 1 + N, d]` are for the second stage.
 *
 * @param images CLIP's patches, `[N, Hv]` each
 */
function encodeImages(
  model: FastVgs,
  images: Pixels,
  pass: Pass = {},
): { image: tf.Tensor2D; imageTokens: tf.Tensor } {
  const { parameters, settings: { heads, imageLayers }, inputs } = model;
  const drop = dropOf(model, pass);
  return tf.tidy(() => {
    const patches = imageTensor(images, [inputs.patches, inputs.imageWidth]); // [B, N, Hv]
    const input = applyNorm(parameters, "image.norm", applyLinear(parameters, "image.input", patches));
    const dropped = drop ? dropout(input, drop.rate, `${drop.seed}:image.input`) : input;
    let x = withClass(parameters.get("image.cls") as tf.Tensor, dropped);
    for (let i = 0; i < imageLayers; i++) x = encoderLayer(parameters, `image.layers.${i}`, x, { heads, drop });
    const inner = gelu(applyLinear(parameters, "image.coarse1", classOf(x)));
    return { image: applyLinear(parameters, "image.coarse2", inner) as tf.Tensor2D, imageTokens: x };
  });
}

/**
 * Recordings: `speech` `[B, d]` is the coarse vector; `speechTokens` `[B, 1 + T', d]`, of which `speechLengths` count, are for
 * the second stage.
 */
function encodeSpeech(
  model: FastVgs,
  { states, lengths }: Speech,
  pass: Pass = {},
): { speech: tf.Tensor2D; speechTokens: tf.Tensor; speechLengths: tf.Tensor } {
  if (states === undefined) throw new RangeError("Cannot encode speech as FaST-VGS needs 'states'");
  const { parameters, settings: { heads, conv } } = model;
  const [batch, frames] = states.shape;
  return tf.tidy(() => {
    const mixed = mixLayers(states, parameters.get("mix") as tf.Tensor); // [B, S, Z]
    const line = tf.reshape(mixed, [batch, 1, frames, mixed.shape[2]]) as tf.Tensor4D;
    const tower = convTower(line, model, "audio.conv", conv, { lengths, training: pass.training });
    const [, , short, width] = tower.features.shape;
    const tokens = withClass(
      parameters.get("audio.cls") as tf.Tensor,
      tf.reshape(tower.features, [batch, short, width]),
    );
    const counts = tower.lengths ?? Array<number>(batch).fill(short);
    const speechLengths = tf.tensor1d(counts.map((count) => 1 + count), "int32");
    const drop = dropOf(model, pass);
    const speechTokens = encoderLayer(parameters, "audio.layer", tokens, { heads, lengths: speechLengths, drop });
    const speech = applyLinear(parameters, "audio.coarse", classOf(speechTokens)) as tf.Tensor2D;
    return { speech, speechTokens, speechLengths };
  });
}

/** FaST-VGS: coarse search by the vectors' dot product; `fast-vgs-ctf` orders the best 100 again. */
export const fastVgs: System<FastVgs> = {
  shapes: (_, setup) => fastVgsShapes(FAST_VGS_SIZES[setup.size], inputsOf(setup)).parameters,

  create(variant, setup) {
    const settings = { ...FAST_VGS_SIZES[setup.size], dropout: setup.acoustic.dropout };
    const inputs = inputsOf(setup);
    const { parameters, norms } = fastVgsShapes(settings, inputs);
    return {
      variant,
      clip: setup.clip,
      settings,
      inputs,
      parameters: initialize(parameters, setup.seed, (name, shape) => initialValue(name, shape, settings.deviation)),
      statistics: runningStatistics(norms),
    };
  },

  encodeImages,
  encodeSpeech,

  /** The softmax losses of the coarse and the fine scores, each both ways with a margin; `0.1 coarse + fine` as published. */
  loss(model, features, { imageIds, dropoutSeed }) {
    const { settings: { margin, coarseWeight, fineWeight } } = model;
    return tf.tidy((): Losses => {
      const { coarse, fine } = fastVgsScores(model, features, dropoutSeed);
      const [coarseLoss, fineLoss] = [coarse, fine].map((scores) =>
        softmaxLossBothWays(scores, { imageIds, margin })
      ) as [
        tf.Scalar,
        tf.Scalar,
      ];
      const loss = tf.add(tf.mul(coarseWeight, coarseLoss), tf.mul(fineWeight, fineLoss)) as tf.Scalar;
      return { loss, coarseLoss, fineLoss };
    });
  },

  rerank: ({ variant, settings: { top } }) =>
    variant === "fast-vgs-co" ? undefined : {
      top,
      score: ({ parameters, settings }, { imageTokens }, { speechTokens, speechLengths }) =>
        matchScores(parameters, settings, {
          speech: speechTokens as tf.Tensor,
          lengths: tf.cast(speechLengths as tf.Tensor1D, "int32"), // rows from the host are numbers of one kind
          image: imageTokens as tf.Tensor,
        }),
    },
};

/** The coarse and the fine scores of all pairs of a batch, `[B, B]` each: rows speech, columns images. */
export function fastVgsScores(
  model: FastVgs,
  { image, speech, imageTokens, speechTokens, speechLengths }: Features,
  dropoutSeed?: number | string,
): { coarse: tf.Tensor2D; fine: tf.Tensor2D } {
  const { parameters, settings } = model;
  return tf.tidy(() => ({
    coarse: tf.matMul(speech as tf.Tensor2D, image as tf.Tensor2D, false, true),
    fine: matchAll(
      parameters,
      settings,
      { speech: speechTokens as tf.Tensor, lengths: speechLengths as tf.Tensor1D, image: imageTokens as tf.Tensor },
      dropOf(model, { dropoutSeed }),
    ),
  }));
}
