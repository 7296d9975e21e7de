/**
 * Pictures decoded: upright, three colours.
 *
 * @module
 */
import sharp from "sharp";
import { InputError, messageOf } from "../errors.ts";
import type { Picture } from "./resize.ts";

/** A picture that can be used, and what the file told of it. */
export interface DecodedPicture {
  /** Its pixels, upright, in sRGB. */
  picture: Picture;
  /** What the content is: `"jpeg"`, `"png"`, ... */
  format: string;
  /** Channels in the file. */
  channels: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** What is odd about it. */
  warnings: string[];
}

/**
 * Decodes a picture: upright as its EXIF orientation says, in sRGB, transparency left out.
 *
 * @param path used in error messages only
 * @throws {InputError} where it is no picture that can be used.
 */
export async function decodePicture(bytes: Uint8Array, path: string): Promise<DecodedPicture> {
  try {
    const { format = "unknown", channels = 3, orientation = 1 } = await sharp(bytes).metadata();
    return { picture: await upright(bytes), format, channels, orientation, warnings: [] };
  } catch (error) {
    const why = bytes.length === 0 ? "it has 0 bytes" : messageOf(error).split("\n", 1)[0];
    throw new InputError(`Cannot read picture '${path}': ${why}. Remove it or fetch it again.`);
  }
}

/** Decodes to upright sRGB without transparency, which is left out before resizing as it would weigh the colours. */
async function upright(file: Uint8Array): Promise<Picture> {
  const { data, info } = await sharp(file, { failOn: "error" })
    .autoOrient()
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 3) return { data, width, height };
  const rgb = new Uint8Array(width * height * 3); // greyscale
  for (let i = 0; i < width * height; i++) rgb.fill(data[i * channels] as number, 3 * i, 3 * i + 3);
  return { data: rgb, width, height };
}
