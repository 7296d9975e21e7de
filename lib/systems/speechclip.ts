/**
 * SpeechCLIP: parallel, which aligns a class token's feature with images, and cascaded, which speaks to CLIP's text tower in
 * keywords (Shih et al. 2022); both at once is the hybrid of SpeechCLIP+ (Wang et al. 2024). In our frame: Whisper's layers in
 * the place of HuBERT's.
 */
import * as tf from "@tensorflow/tfjs-core";
import { weightOf } from "../clip/clip.ts";
import { encodeWords } from "../clip/text_tower.ts";
import { InputError } from "../errors.ts";
import { infoNceBothWays } from "../losses/brewclip_loss.ts";
import { dropout, unitLength } from "../runtime/operations.ts";
import { classFeature } from "./acoustic_branch.ts";
import { applyLinear, applyNorm, encoderLayerShapes, linearShapes, normShapes } from "./encoder_layer.ts";
import { chooseKeywords, initialKeywordNorm } from "./keywords.ts";
import { INITIAL_TEMPERATURE, LOG_TEMPERATURE } from "./parameters.ts";
import { attendFromPlaces, frameMask, normalizeLayers, weighLayers } from "./place_attention.ts";
import {
  type Features,
  imageTensor,
  initialize,
  type Losses,
  type Model,
  type Pass,
  runningStatistics,
  type ShapeSetup,
  type Speech,
  type System,
} from "./system.ts";
import type { SystemName } from "./variants.ts";

/** Sizes and choices. */
export interface SpeechClipSettings {
  /** Width Z of a state. */
  width: number;
  /** Attention heads of the parallel branch's layer; its hidden width. */
  heads: number;
  feedforward: number;
  /** Dropout rate. */
  dropout: number;
  /** Whether each layer's states are layer-normed before they are averaged, as in the published large models. */
  normalizeStates: boolean;
  /** Number of keywords K; 8 in the published models. */
  keywords: number;
}

/** A SpeechCLIP. */
export interface SpeechClip extends Model {
  variant: Extract<SystemName, "speechclip-p" | "speechclip-c" | "speechclip-h" | "speechclip-h-parallel">;
  settings: SpeechClipSettings;
  /** Ids of the tokens that may be keywords. */
  vocabulary: readonly number[];
}

const hasClass = ({ variant }: Pick<SpeechClip, "variant">): boolean => variant !== "speechclip-c";
const hasKeywords = ({ variant }: Pick<SpeechClip, "variant">): boolean => variant !== "speechclip-p";
const searchesByClass = ({ variant }: Pick<SpeechClip, "variant">): boolean => variant === "speechclip-h-parallel";

function speechClipShapes(
  variant: SpeechClip["variant"],
  { width, feedforward, keywords }: SpeechClipSettings,
  sizes: { layers: number; text: number; joint: number },
): Map<string, number[]> {
  const layer: [string, number[]][] = hasKeywords({ variant })
    ? [
      ["keyword_cls", [keywords, width]],
      ...linearShapes("attn.in", 3 * width, width),
      ...linearShapes("attn.out", width, width),
      ...linearShapes("keyword", sizes.text, width),
      ["keyword.norm.weight", [keywords, sizes.text]],
      ["keyword.norm.bias", [keywords, sizes.text]],
    ]
    : encoderLayerShapes("layer", width, feedforward);
  return new Map([
    ["mix", [sizes.layers]],
    ...(hasClass({ variant }) ? [["cls", [1, width]] as [string, number[]]] : []),
    ...layer,
    ...normShapes("norm", width),
    ...(hasClass({ variant }) ? linearShapes("output", sizes.joint, width) : []),
    [LOG_TEMPERATURE, []],
  ]);
}

/**
 * SpeechCLIP as a system. With keywords, `encodeSpeech` also returns what {@link chooseKeywords} does. The hybrid has two
 * features: `speech-h` searches with the one of its keywords and returns that of its class token as `parallel`;
 * `speech-h-parallel`, whose training is the same, searches with the latter and returns the former as `cascaded`.
 */
export const speechClip: System<SpeechClip> = {
  shapes(name, setup) {
    const { text, projection: joint } = setup.clip.config;
    const sizes = { layers: setup.speechLayers, text: text.width, joint };
    return speechClipShapes(name as SpeechClip["variant"], settingsOf(setup), sizes);
  },

  create(name, setup) {
    const variant = name as SpeechClip["variant"];
    const { clip, seed, vocabulary = [] } = setup;
    const settings = settingsOf(setup);
    const { text } = clip.config;
    const shapes = speechClip.shapes(variant, setup);
    const parameters = initialize(shapes, seed, (name, shape) => initialValue(name, shape, settings.width));
    if (!hasKeywords({ variant })) return { variant, clip, settings, vocabulary, parameters };
    const statistics = runningStatistics([["keyword.norm", [settings.keywords, text.width]]]);
    const model = { variant, clip, settings, vocabulary: usable(vocabulary), parameters, statistics };
    tf.tidy(() => {
      const start = initialKeywordNorm(model);
      parameters.get("keyword.norm.weight")!.assign(start.weight);
      parameters.get("keyword.norm.bias")!.assign(start.bias);
    });
    return model;
  },

  encodeImages: ({ clip }, images) => ({
    image: tf.tidy(() => unitLength(imageTensor(images, [clip.config.projection]))), // [B, D]
  }),

  encodeSpeech: (model, speech, pass = {}) =>
    tf.tidy((): Features & { speech: tf.Tensor2D } => {
      if (!hasKeywords(model)) return { speech: unitLength(parallelFeature(model, speech, pass)) };
      const places = askedPlaces(model, speech, pass); // [B, (1 +) K, Z]
      const found = chooseKeywords(model, keywordPlaces(model, places), pass);
      const cascaded = unitLength(encodeWords(model.clip, found.keywords));
      if (!hasClass(model)) return { ...found, speech: cascaded };
      const parallel = unitLength(outputOf(model, places));
      return { ...found, ...searchesByClass(model) ? { speech: parallel, cascaded } : { speech: cascaded, parallel } };
    }),

  loss(model, { image, speech, ...others }, { imageIds, negatives }) {
    const halved = (feature: tf.Tensor2D): tf.Scalar =>
      tf.tidy(() => {
        const fixed = () => tf.scalar(Math.log(INITIAL_TEMPERATURE));
        const logTemperature = model.parameters.get(LOG_TEMPERATURE) ?? fixed();
        return tf.mul(0.5, infoNceBothWays({ image, speech: feature }, logTemperature, imageIds, negatives));
      });
    if (!hasKeywords(model)) {
      const loss = halved(speech);
      return { loss: tf.clone(loss), parallel: loss };
    }
    const { cascaded: words = speech, parallel: sound = searchesByClass(model) ? speech : undefined } = others;
    const cascaded = halved(words as tf.Tensor2D);
    if (sound === undefined) return { loss: tf.clone(cascaded), cascaded };
    const parallel = halved(sound as tf.Tensor2D);
    return { loss: tf.add(cascaded, parallel), cascaded, parallel } as Losses;
  },
};

/** The published large models' choices, with the layer's sizes of the config. */
function settingsOf({ acoustic: { heads, feedforward, dropout }, speechWidth: width }: ShapeSetup): SpeechClipSettings {
  return { width, heads, feedforward, dropout, normalizeStates: true, keywords: 8 };
}

/** The states as the layers read them: normalized, if the settings say so, with the map that averages the layers. */
function frames({ settings, parameters }: SpeechClip, { states, lengths }: Speech) {
  if (states === undefined) throw new RangeError("Cannot encode speech as SpeechCLIP needs 'states'");
  const { width, normalizeStates } = settings;
  return {
    states: normalizeStates ? normalizeLayers(states, width) : states, // [B, S, L * Z]
    frames: { weight: weighLayers(tf.eye(width), weightOf(parameters, "mix")) }, // [Z, L * Z]
    mask: lengths && frameMask(lengths, states),
  };
}

/** The class token's feature behind a transformer layer: `[B, D]`. */
function parallelFeature(model: SpeechClip, speech: Speech, { dropoutSeed }: Pass): tf.Tensor2D {
  const { settings: { heads, dropout }, parameters } = model;
  const { states, ...read } = frames(model, speech);
  return classFeature(states, parameters, { ...read, prefix: "", heads, dropout, dropoutSeed });
}

/** Attention of one head from the class and keyword places, with residual connection and layer norm: `[B, (1 +) K, Z]`. */
function askedPlaces(model: SpeechClip, speech: Speech, { dropoutSeed }: Pass): tf.Tensor3D {
  const { settings, parameters } = model;
  const { states, ...read } = frames(model, speech);
  const words = weightOf(parameters, "keyword_cls"); // [K, Z]
  const lead = hasClass(model) ? tf.concat([weightOf(parameters, "cls"), words], 0) : words; // [(1 +) K, Z]
  const attended = attendFromPlaces(states, lead, {
    ...read,
    parameters,
    name: "attn",
    heads: 1,
    queries: lead.shape[0] as number,
    drop: (weights) =>
      dropoutSeed === undefined ? weights : dropout(weights, settings.dropout, `${dropoutSeed}:weights`),
  });
  return applyNorm(parameters, "norm", tf.add(lead, applyLinear(parameters, "attn.out", attended))) as tf.Tensor3D;
}

/** The keyword places `[B, K, Z]` behind the class place, if there is one. */
function keywordPlaces(model: SpeechClip, places: tf.Tensor3D): tf.Tensor3D {
  const [batch, , width] = places.shape;
  return tf.slice(places, [0, hasClass(model) ? 1 : 0, 0], [batch, model.settings.keywords, width]);
}

function outputOf({ parameters }: SpeechClip, places: tf.Tensor3D): tf.Tensor {
  const [batch, , width] = places.shape;
  return applyLinear(parameters, "output", tf.reshape(tf.slice(places, [0, 0, 0], [batch, 1, width]), [batch, width]));
}

/** PyTorch's initial values: uniform linear maps, Glorot's for the packed map of an attention, whose biases are zero. */
function initialValue(name: string, shape: readonly number[], width: number) {
  if (name === LOG_TEMPERATURE) return { value: Math.log(INITIAL_TEMPERATURE) };
  if (name === "mix") return { value: 0 };
  if (/norm\d?\.weight$/.test(name)) return { value: 1 };
  if (/norm\d?\.bias$|attn\.(in|out)\.bias$/.test(name)) return { value: 0 };
  if (name === "cls" || name === "keyword_cls") return { deviation: 1 };
  if (name.endsWith("attn.in.weight")) return { bound: Math.sqrt(6 / (4 * width)) };
  const into = name.endsWith(".weight") ? shape[1]! : name === "layer.fc2.bias" ? shape[0]! : width;
  return { bound: into ** -0.5 };
}

function usable(vocabulary: readonly number[]): readonly number[] {
  if (vocabulary.length > 0) return vocabulary;
  throw new InputError(
    "Cannot choose keywords as the vocabulary is empty: the training pairs need written captions, or use speechclip-p.",
  );
}
