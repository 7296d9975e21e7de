/** Prepares images for CLIP. */
import sharp from "sharp";
import { InputError } from "../errors.ts";
import { decodeImage, readImageFile } from "./decode_image.ts";
import { resizeBicubic, type RgbImage } from "./resize.ts";

/** How an image becomes a square: crop its middle, pad it with black bars, or squash it. */
export type Fit = "crop" | "pad" | "squash";

/** How an image is prepared. */
export interface ImageOptions {
  /** Height and width S of the result, in pixels. */
  size: number;
  /** Default `"crop"`, as in CLIP. */
  fit?: Fit | undefined;
  /** Length of the shorter side before `"crop"` crops the middle. Default S; some models use a little more. */
  edge?: number | undefined;
  /** Height and width before `"crop"` crops the middle, instead of `edge`. Some models squash images this way. */
  exact?: readonly [height: number, width: number] | undefined;
}

/** How pixels become the tower's input. */
export interface PixelOptions extends ImageOptions {
  /** Mean of red, green and blue in [0, 1]. Default CLIP's. */
  mean?: readonly [number, number, number] | undefined;
  /** Deviation of red, green and blue. Default CLIP's. */
  std?: readonly [number, number, number] | undefined;
  /** Factor of the values 0 to 255 before mean and deviation. Default 1 / 255. */
  scale?: number | undefined;
}

/** Maximum ratio of the sides for `"crop"`, which would resize a longer strip to a huge one. */
const MAX_RATIO = 100;

/** Mean of each color over CLIP's training images. */
export const CLIP_MEAN: readonly [number, number, number] = [0.48145466, 0.4578275, 0.40821073];
/** Deviation of each color over CLIP's training images. */
export const CLIP_STD: readonly [number, number, number] = [0.26862954, 0.26130258, 0.27577711];

/**
 * Reads an image (JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC, BMP) and prepares it for CLIP's vision tower.
 *
 * @param image a file, or the bytes of one with a name for error messages
 * @returns `[3 * S * S]`: color, then row, then column; `(value / 255 - mean) / std`
 * @throws {InputError} if the file is missing or is not a readable image. Names the path.
 */
export async function readPixels(
  image: string | { name: string; bytes: Uint8Array },
  options: PixelOptions,
): Promise<Float32Array<ArrayBuffer>> {
  return normalizePixels(await readImage(image, options), options);
}

/**
 * Reads an image as S x S pixels: upright by its EXIF orientation, in sRGB, without transparency, resized with an
 * antialiased bicubic filter and cropped as in torchvision.
 *
 * @param source a file, or the bytes of one with a name for error messages
 * @returns `[S * S * 3]`: row, then column, then color; 0 to 255
 * @throws {InputError} if the file is missing or is not a readable image. Names the path.
 */
export async function readImage(
  source: string | { name: string; bytes: Uint8Array },
  { size, fit = "crop", edge = size, exact }: ImageOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { name, bytes } = typeof source === "string" ? { name: source, bytes: await readImageFile(source) } : source;
  const { image } = await decodeImage(bytes, name);
  const { width, height } = image;
  if (fit === "crop" && exact === undefined && Math.max(width, height) > MAX_RATIO * Math.min(width, height)) {
    throw new InputError(
      `Cannot read image '${name}' as a strip: it has ${width} x ${height} pixels, expected sides that differ less ` +
        `than ${MAX_RATIO}-fold. Remove it, or choose the fit 'pad' or 'squash'.`,
    );
  }
  return await square(image, size, fit, exact ?? edge);
}

/** Scales `[S * S * 3]` pixels, 0 to 255, to CLIP's `[3 * S * S]`. */
function normalizePixels(
  rgb: Uint8Array,
  { mean = CLIP_MEAN, std = CLIP_STD, scale = 1 / 255 }: Pick<PixelOptions, "mean" | "std" | "scale"> = {},
): Float32Array<ArrayBuffer> {
  const positions = rgb.length / 3;
  const pixels = new Float32Array(rgb.length);
  for (const color of [0, 1, 2] as const) {
    const [factor, shift] = [scale / std[color], mean[color] / std[color]];
    for (let i = 0; i < positions; i++) {
      pixels[color * positions + i] = (rgb[3 * i + color] as number) * factor - shift;
    }
  }
  return pixels;
}

/** @param edge the shorter side, or height and width, before cropping */
async function square(
  image: RgbImage,
  size: number,
  fit: Fit,
  edge: number | readonly [number, number],
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = image;
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const sides = (shorter: number, longer: number): [number, number] =>
    width <= height ? [shorter, longer] : [longer, shorter];
  const target = (): [width: number, height: number] => {
    if (fit === "squash") return [size, size];
    if (fit === "pad") return sides(Math.max(1, Math.round(size * short / long)), size);
    return typeof edge === "number" ? sides(edge, Math.floor(edge * long / short)) : [edge[1], edge[0]];
  };
  const resized = await resize(image, target());
  // The smaller of the square and the resized image is in the middle of the larger one.
  const [left, top] = [middle(resized.width, size), middle(resized.height, size)];
  const result = new Uint8Array(size * size * 3);
  const line = Math.min(resized.width, size) * 3;
  for (let y = Math.max(0, -top); y < Math.min(size, resized.height - top); y++) {
    const from = ((y + top) * resized.width + Math.max(0, left)) * 3;
    result.set(resized.data.subarray(from, from + line), (y * size + Math.max(0, -left)) * 3);
  }
  return result;
}

async function resize(image: RgbImage, [width, height]: [number, number]): Promise<RgbImage> {
  if (width > image.width || height > image.height) return resizeBicubic(image, { width, height });
  const data = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit: "fill", kernel: "cubic", fastShrinkOnLoad: false })
    .raw({ depth: "uchar" })
    .toBuffer();
  return { data, width, height };
}

/** The start of the middle part. Halves are rounded to even, as in Python. */
function middle(whole: number, part: number): number {
  const half = (whole - part) / 2;
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2);
}
