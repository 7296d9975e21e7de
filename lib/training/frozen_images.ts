/** What a model reads of images: their pixels, or what the frozen CLIP makes of them, which is computed once. */
import type * as tf from "@tensorflow/tfjs-core";
import { encodeImage, encodePatches, type Pixels } from "../clip/vision_tower.ts";
import { InputError } from "../errors.ts";
import type { Model } from "../systems/system.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { Images } from "./examples.ts";

/** Memory for features or patches, in bytes. */
const MEMORY = 1.5e9;

const derived = new WeakMap<Images, Map<string, Images>>();

/**
 * The images as a model reads them. Models that read the same of the same images share what was computed.
 *
 * @param pixels reads `[3 * S * S]` pixels
 */
export function imagesFor(model: Pick<Model, "variant" | "clip">, pixels: Images): Images {
  const { image } = VARIANTS[model.variant];
  if (image === "pixels") return pixels;
  const known = derived.get(pixels) ?? new Map<string, Images>();
  derived.set(pixels, known);
  const { vision: { imageSize, patchSize, width }, projection } = model.clip.config;
  const size = image === "feature" ? projection : Math.floor(imageSize / patchSize) ** 2 * width;
  const images = known.get(image) ?? pixels.derive((values) => readNow(model, values), Math.ceil(MEMORY / (4 * size)));
  known.set(image, images);
  return images;
}

/** What a model reads of images whose pixels are at hand; a tensor that the caller disposes unless it reads the pixels. */
export function readsOf({ variant, clip }: Pick<Model, "variant" | "clip">, pixels: Float32Array[]): Pixels {
  const { image } = VARIANTS[variant];
  return image === "pixels" ? pixels : image === "feature" ? encodeImage(clip, pixels) : encodePatches(clip, pixels);
}

async function readNow(model: Pick<Model, "variant" | "clip">, pixels: Float32Array): Promise<Float32Array> {
  const read = readsOf(model, [pixels]) as tf.Tensor;
  const values = Float32Array.from(await read.data<"float32">());
  read.dispose();
  if (values.every(Number.isFinite)) return values;
  throw new InputError("its feature is not a finite number: the weights of CLIP are damaged");
}
