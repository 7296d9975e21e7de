/**
 * Which positions of the image, the text and the sound a similarity depends on, by gradients.
 *
 * The relevance of a position is gradient times activation, summed over channels: `R_p = sum_c A_pc * d sim / d A_pc`, with the
 * activations A of the penultimate layer. This is Grad-CAM (Selvaraju et al. 2017) without the averaging of the gradient over
 * all positions (HiResCAM, Draelos and Carin 2020): a transformer's feature is read at one position, which attends to every
 * other one separately, so each position has its own gradient. It is the rate at which the similarity grows when this
 * position alone is scaled up.
 *
 * In CLIP's towers A is the output of the penultimate block after the first normalization of the last block, which is what
 * that block's attention reads. Before that normalization the sum is always about 0, since the normalization undoes any
 * scaling. The acoustic branch has one layer; A is its input, Whisper's states.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { textPositions, type TokenIds } from "../clip/text_tower.ts";
import { asBrewClip, type BrewClip, encodeImages, encodeSpeech } from "./brewclip.ts";
import type { Model, Speech } from "./system.ts";
import { VARIANTS } from "./variants.ts";

/** The relevance of every position for the similarity of one pair; negative if a position lowers it. */
export interface Relevance {
  /** Cosine of the pair's features. */
  similarity: number;
  /** The image's positions. */
  image: {
    /** Patches per side, G. */
    grid: number;
    /** `[G * G]`, row by row. */
    patches: number[];
    /** The class token. */
    start: number;
    /** `[M]`: the prompts; empty if the variant has none. */
    prompts: number[];
  };
  /** The positions of each window of the text; undefined for variants without text. */
  text?: TextRelevance[];
  /** `[S]`: Whisper's frames of real audio, 50 per second; undefined for variants without an acoustic branch. */
  frames?: number[];
}

/** The positions of one text window. */
export interface TextRelevance {
  /** The tokens between SOS and EOS. */
  tokens: number[];
  /** SOS. */
  start: number;
  /** EOS, from which the feature is read. */
  end: number;
  /** `[M]`: the prompts. */
  prompts: number[];
}

/**
 * Computes the relevance of every position for the similarity of an image and a recording.
 *
 * @param pair.pixels one image, `[3 * S * S]` normalized values
 * @param pair.speech one recording; the caller keeps its tensors
 * @throws {RangeError} if an input of the variant is missing; {InputError} if the model is another system.
 */
export async function relevanceOf(
  of: Model,
  { pixels, speech }: { pixels: Float32Array; speech: Speech },
): Promise<Relevance> {
  const model = asBrewClip(of);
  const tensors = tf.tidy(() => products(model, [pixels], speech));
  const { similarity, image, text, frames } = tensors;
  const [[value], ofImage, ofText, ofFrames] = await Promise.all(
    [similarity, image, text, frames].map(async (tensor) => Array.from(await tensor?.data() ?? [])),
  ) as [number[], number[], number[], number[]];
  tf.dispose(tensors);
  const { vision } = model.clip.config;
  const grid = Math.floor(vision.imageSize / vision.patchSize);
  return {
    similarity: value as number,
    image: {
      grid,
      patches: ofImage.slice(1, 1 + grid * grid),
      start: ofImage[0] as number,
      prompts: ofImage.slice(1 + grid * grid),
    },
    ...(text ? { text: textRelevance(model, speech.ids as TokenIds, ofText) } : {}),
    ...(frames ? { frames: ofFrames.slice(0, speech.lengths?.[0] ?? ofFrames.length) } : {}),
  };
}

/** Gradient times activation, summed over channels: the image's `[1, 1 + N + M]`, the text's `[W, T]`, `[1, S]`. */
interface Products extends tf.TensorContainerObject {
  similarity: tf.Tensor;
  image: tf.Tensor;
  text: tf.Tensor | undefined;
  frames: tf.Tensor | undefined;
}

function products(model: BrewClip, pixels: Pixels, speech: Speech): Products {
  const parts = VARIANTS[model.variant];
  const activations: tf.Tensor[] = [];
  const watch = {
    activationHook: (x: tf.Tensor) => (activations.push(tf.clone(x)), tf.keep(activations.at(-1)!)),
  };
  // The first pass records the activations. The second takes them as inputs, which gives the gradient at them.
  encodeImages(model, pixels, watch);
  if (parts.text) encodeSpeech(model, speech, watch);
  const kept = [...activations];
  if (parts.acoustic && speech.states) activations.push(speech.states);
  const { value, grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) => {
    const [patches, ...others] = inputs as [tf.Tensor, ...tf.Tensor[]];
    const tokens = parts.text ? others.shift() as tf.Tensor : undefined;
    const states = parts.acoustic ? others.shift() as tf.Tensor3D : undefined;
    const image = encodeImages(model, pixels, { activationHook: () => patches });
    const features = encodeSpeech(model, { ...speech, states }, { activationHook: () => tokens as tf.Tensor });
    return tf.sum(tf.mul(image, features.speech));
  })(activations);
  const [image, ...others] = activations.map((activation, i) => tf.sum(tf.mul(activation, grads[i]!), -1));
  tf.dispose(kept);
  const text = parts.text ? others.shift() : undefined;
  return {
    similarity: value,
    image: image as tf.Tensor,
    text,
    frames: parts.acoustic ? others.shift() : undefined,
  };
}

/** Splits the positions of the text tower `[W, T]` into SOS, M prompts, tokens and EOS of each window. */
function textRelevance({ clip, parameters }: BrewClip, ids: TokenIds, values: readonly number[]): TextRelevance[] {
  const m = parameters.get("prompts.text")?.shape[0] ?? 0;
  const { tokensPerRow, ends } = textPositions(ids, clip.config.text, m);
  return Array.from(ends, (end, row) => {
    const positions = values.slice(row * (tokensPerRow + m), row * (tokensPerRow + m) + end + 1);
    return {
      start: positions[0] as number,
      prompts: positions.slice(1, 1 + m),
      tokens: positions.slice(1 + m, end),
      end: positions[end] as number,
    };
  });
}

/** Relevance scaled for a figure: negative values become 0, the largest becomes 1. All 0 if no value is positive. */
export function shownMap(relevance: ArrayLike<number>): number[] {
  const positive = Array.from(relevance, (value) => Math.max(0, value));
  const most = positive.reduce((highest, value) => Math.max(highest, value), 0);
  return most === 0 ? positive : positive.map((value) => value / most);
}
