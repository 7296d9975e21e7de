/**
 * What a similarity rests on: positions of the image, the text and the sound, by gradients.
 *
 * The relevance of a position is gradient times activation, summed over channels: `R_p = sum_c A_pc * d sim / d A_pc`, with the
 * activations A of the penultimate layer. This is Grad-CAM (Selvaraju et al. 2017) without the averaging of the gradient over
 * all positions (HiResCAM, Draelos and Carin 2020): a transformer's feature is read at one position, which attends to every
 * other one separately, so that each position has its own gradient. In words: how fast the similarity grows when this one
 * position is turned up.
 *
 * In CLIP's towers A is the output of the penultimate block after the first normalization of the last block, which is what
 * that block's attention reads. Before that normalization the sum would always be about 0, since scaling a position there
 * changes nothing behind it. The acoustic branch has one layer; A is what enters it, Whisper's states.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Pixels } from "../clip/vision_tower.ts";
import { textPositions, type TokenIds } from "../clip/text_tower.ts";
import { type BrewClip, encodeImages, encodeSpeech, type Speech } from "./brewclip.ts";
import { VARIANTS } from "./variants.ts";

/** The relevance of every position for the similarity of one pair; negative where a position counts against it. */
export interface Relevance {
  /** Cosine of the pair's features. */
  similarity: number;
  /** The image's positions. */
  picture: {
    /** Patches a side, G. */
    grid: number;
    /** `[G * G]`, row by row. */
    patches: number[];
    /** The class token. */
    start: number;
    /** `[M]`: the prompts; none where the variant has none. */
    prompts: number[];
  };
  /** For each window of the text its positions; absent where the variant reads no text. */
  text?: TextRelevance[];
  /** `[S]`: Whisper's frames of real audio, 50 a second; absent where the variant has no acoustic branch. */
  frames?: number[];
}

/** The positions of a text, or of a window of it. */
export interface TextRelevance {
  /** The tokens between SOS and EOS that the tower reads, in their order. */
  tokens: number[];
  /** SOS. */
  start: number;
  /** EOS, where the feature is read. */
  end: number;
  /** `[M]`: the prompts. */
  prompts: number[];
}

/**
 * Computes what the similarity of an image and a recording rests on.
 *
 * @param pair.pixels one image, `[3 * S * S]` normalized values
 * @param pair.speech one recording, as the variant needs it; its tensors stay the caller's
 * @throws {RangeError} where the variant needs an input that is not given.
 */
export async function relevanceOf(
  model: BrewClip,
  { pixels, speech }: { pixels: Float32Array; speech: Speech },
): Promise<Relevance> {
  const { similarity, picture, text, frames } = tf.tidy(() => products(model, [pixels], speech));
  const [[value], seen, read, heard] = await Promise.all(
    [similarity, picture, text, frames].map(async (tensor) => Array.from(await tensor?.data() ?? [])),
  ) as [number[], number[], number[], number[]];
  tf.dispose([similarity, picture, ...(text ? [text] : []), ...(frames ? [frames] : [])]);
  const { vision } = model.clip.config;
  const grid = Math.floor(vision.imageSize / vision.patchSize);
  return {
    similarity: value as number,
    picture: {
      grid,
      patches: seen.slice(1, 1 + grid * grid),
      start: seen[0] as number,
      prompts: seen.slice(1 + grid * grid),
    },
    ...(text ? { text: textRelevance(model, speech.ids as TokenIds, read) } : {}),
    ...(frames ? { frames: heard.slice(0, speech.lengths?.[0] ?? heard.length) } : {}),
  };
}

/** Gradient times activation, summed over channels: the image's `[1, 1 + N + M]`, the text's `[W, T]`, `[1, S]`. */
interface Products extends tf.TensorContainerObject {
  similarity: tf.Tensor;
  picture: tf.Tensor;
  text: tf.Tensor | undefined;
  frames: tf.Tensor | undefined;
}

function products(model: BrewClip, pixels: Pixels, speech: Speech): Products {
  const parts = VARIANTS[model.variant];
  const activations: tf.Tensor[] = [];
  const watch = {
    activationHook: (places: tf.Tensor) => (activations.push(tf.clone(places)), tf.keep(activations.at(-1)!)),
  };
  // A first run finds the activations; a second one takes them as its inputs, so that there is a gradient at them.
  encodeImages(model, pixels, watch);
  if (parts.text) encodeSpeech(model, speech, watch);
  const kept = [...activations];
  if (parts.acoustic && speech.states) activations.push(speech.states);
  const { value, grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) => {
    const [seen, ...others] = inputs as [tf.Tensor, ...tf.Tensor[]];
    const read = parts.text ? others.shift() as tf.Tensor : undefined;
    const states = parts.acoustic ? others.shift() as tf.Tensor3D : undefined;
    const picture = encodeImages(model, pixels, { activationHook: () => seen });
    const heard = encodeSpeech(model, { ...speech, states }, { activationHook: () => read as tf.Tensor });
    return tf.sum(tf.mul(picture, heard.speech));
  })(activations);
  const [picture, ...others] = activations.map((activation, i) => tf.sum(tf.mul(activation, grads[i]!), -1));
  tf.dispose(kept);
  const text = parts.text ? others.shift() : undefined;
  return {
    similarity: value,
    picture: picture as tf.Tensor,
    text,
    frames: parts.acoustic ? others.shift() : undefined,
  };
}

/** Sorts the positions of the text tower: `[W, T]` into SOS, M prompts, tokens, EOS of each window. */
function textRelevance({ clip, parameters }: BrewClip, ids: TokenIds, values: readonly number[]): TextRelevance[] {
  const m = parameters.get("prompts.text")?.shape[0] ?? 0;
  const { kept, ends } = textPositions(ids, clip.config.text, m);
  return Array.from(ends, (end, row) => {
    const places = values.slice(row * (kept + m), row * (kept + m) + end + 1);
    return {
      start: places[0] as number,
      prompts: places.slice(1, 1 + m),
      tokens: places.slice(1 + m, end),
      end: places[end] as number,
    };
  });
}

/**
 * A map to be shown: what counts against the similarity is 0, the position that counts most 1; all 0 where nothing counts
 * for it.
 *
 * @example
 * ```ts
 * import { shownMap } from "./relevance.ts";
 * if (shownMap([-2, 1, 4]).join() !== "0,0.25,1") throw new Error("not scaled");
 * ```
 */
export function shownMap(relevance: ArrayLike<number>): number[] {
  const positive = Array.from(relevance, (value) => Math.max(0, value));
  const most = positive.reduce((highest, value) => Math.max(highest, value), 0);
  return most === 0 ? positive : positive.map((value) => value / most);
}
