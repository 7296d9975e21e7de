/**
 * Images, as CLIP sees them.
 *
 * @module
 */
import sharp from "sharp";
import { InputError } from "../errors.ts";
import { isAbsence } from "../files/read.ts";
import { decodeImage, ImageError } from "./decode_image.ts";
import { resizeBicubic, type RgbImage } from "./resize.ts";

/** How an image that is not square becomes one: its middle, all of it on black bars, or all of it squeezed. */
export type Fit = "crop" | "pad" | "squash";

/** How an image is prepared. */
export interface ImageOptions {
  /** Height and width S of the result, in pixels. */
  size: number;
  /** Default `"crop"`, as in CLIP. */
  fit?: Fit | undefined;
  /** Length of the shorter side from which `"crop"` takes the middle. Default S; some models take a little more. */
  edge?: number | undefined;
  /** Height and width to which `"crop"` resizes before it takes the middle, instead of `edge`; some models squash so. */
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

/** A side that is this many times the other would make a huge strip of which little is left. */
const LONGEST = 100;

/** Mean of each colour over CLIP's training images. */
export const CLIP_MEAN: readonly [number, number, number] = [0.48145466, 0.4578275, 0.40821073];
/** Deviation of each colour over CLIP's training images. */
export const CLIP_STD: readonly [number, number, number] = [0.26862954, 0.26130258, 0.27577711];

/**
 * Reads an image (JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC, BMP) and prepares it for CLIP's vision tower.
 *
 * @returns `[3 * S * S]`: colour, then row, then column; `(value / 255 - mean) / std`
 * @throws {InputError} where the file is missing or no readable image; names the path.
 */
export async function readPixels(path: string, options: PixelOptions): Promise<Float32Array<ArrayBuffer>> {
  return normalizePixels(await readImage(path, options), options);
}

/**
 * Reads an image and makes it a square of S x S pixels: upright as its EXIF orientation says, in sRGB, transparency
 * dropped, resized with an antialiased bicubic filter and cropped as torchvision does.
 *
 * @returns `[S * S * 3]`: row, then column, then colour; 0 to 255
 * @throws {InputError} where the file is missing or no readable image; names the path.
 */
export async function readImage(
  path: string,
  { size, fit = "crop", edge = size, exact }: ImageOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  let file: Uint8Array<ArrayBuffer>;
  try {
    const { isFile, isDirectory } = await Deno.stat(path); // opening a pipe would wait for its writer
    if (!isFile) {
      const what = isDirectory ? "it is a folder, not a file" : "it is no file but a pipe, a device or a socket";
      throw new ImageError(path, "missing", what);
    }
    file = await Deno.readFile(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    throw new ImageError(path, "missing", "it does not exist: check the path");
  }
  const { image } = await decodeImage(file, path);
  const { width, height } = image;
  if (fit === "crop" && exact === undefined && Math.max(width, height) > LONGEST * Math.min(width, height)) {
    throw new InputError(
      `Cannot read image '${path}' as a strip: it has ${width} x ${height} pixels, expected sides that differ less ` +
        `than ${LONGEST}-fold. Remove it, or choose the fit 'pad' or 'squash'.`,
    );
  }
  return await square(image, size, fit, exact ?? edge);
}

/**
 * Brings pixels to CLIP's scale.
 *
 * @param rgb `[S * S * 3]`, 0 to 255
 * @returns `[3 * S * S]`
 */
export function normalizePixels(
  rgb: Uint8Array,
  { mean = CLIP_MEAN, std = CLIP_STD, scale = 1 / 255 }: Pick<PixelOptions, "mean" | "std" | "scale"> = {},
): Float32Array<ArrayBuffer> {
  const positions = rgb.length / 3;
  const pixels = new Float32Array(rgb.length);
  for (const colour of [0, 1, 2] as const) {
    const [factor, shift] = [scale / std[colour], mean[colour] / std[colour]];
    for (let i = 0; i < positions; i++) {
      pixels[colour * positions + i] = (rgb[3 * i + colour] as number) * factor - shift;
    }
  }
  return pixels;
}

/** @param edge the shorter side, or height and width, before the middle is cropped */
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
  // Where the square and the resized image begin in one another: the smaller one is in the middle of the other.
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

/** Where the middle part begins; a half goes to the even side, as Python rounds. */
function middle(whole: number, part: number): number {
  const half = (whole - part) / 2;
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2);
}
