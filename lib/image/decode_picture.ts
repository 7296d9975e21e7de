/**
 * Pictures decoded: upright, three colours.
 *
 * @module
 */
import sharp, { type Metadata } from "sharp";
import { messageOf } from "../errors.ts";
import { PictureError } from "./picture_error.ts";
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

/** Formats that are read. SVG and PDF, which may name other files, are not. */
const FORMATS: ReadonlySet<string> = new Set(["jpeg", "png", "webp", "gif", "tiff", "heif"]);
/** A picture of more pixels, 100 megapixels, is not decoded: it would take more than 300 MB. */
const MOST_PIXELS = 1e8;
/** A JPEG spends at least one bit on every 8 x 8 pixels. */
const JPEG_PIXELS_A_BYTE = 512;
/** Deflate never makes more bytes out of one. */
const DEFLATE_RATIO = 1032;

/**
 * Decodes a picture: upright as its EXIF orientation says, in sRGB (by its colour profile where it has one), the first frame
 * where there are several. Transparency is left out, as Pillow's `convert("RGB")` does, so that CLIP sees the colours that
 * lie under it.
 *
 * A JPEG that was cut is refused, not filled with grey.
 *
 * @param path used in error messages only
 * @throws {PictureError} where it is no picture that can be used.
 */
export async function decodePicture(bytes: Uint8Array, path: string): Promise<DecodedPicture> {
  if (bytes.length === 0) throw new PictureError(path, "empty", "it has 0 bytes: fetch it again");
  if (looksLikeText(bytes)) {
    throw new PictureError(path, "unknown-format", "it is a web page or a text, not a picture: fetch it again");
  }
  const told = await metadata(bytes, path);
  checkSize(told, bytes.length, path);
  const { format, channels, orientation = 1, pages = 1 } = told;
  const warnings = pages > 1 ? [`frames: it has ${pages}, of which the first is seen`] : [];
  try {
    return { picture: await upright(bytes), format, channels, orientation, warnings };
  } catch (error) {
    throw failure(error, bytes, path, "its pixels");
  }
}

/** What a decoder's complaint means: a file that ends too early, or another damage. */
function failure(error: unknown, bytes: Uint8Array, path: string, part: string): PictureError {
  const why = reason(error);
  if (isCut(bytes) || /premature end|truncated|unexpected end/i.test(why)) {
    return new PictureError(path, "truncated", `it ends before its last pixel (${why}): fetch it again`);
  }
  return new PictureError(path, "corrupt", `${part} cannot be decoded (${why}): fetch it again`);
}

/** Whether a PNG lacks its last chunk, or a WebP has fewer bytes than it announces. */
function isCut(bytes: Uint8Array): boolean {
  const text = (from: number, to?: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(1, 4) === "PNG") return !text(-64).includes("IEND");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return text(0, 4) === "RIFF" && bytes.length > 8 && view.getUint32(4, true) + 8 > bytes.length;
}

/** Whether the first byte that counts begins a tag: `<!DOCTYPE html>`, `<html>`, `<?xml ...>`, as of a failed download. */
function looksLikeText(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  return start.startsWith("<") || start.startsWith("{");
}

async function metadata(bytes: Uint8Array, path: string): Promise<Metadata> {
  let told: Metadata;
  try {
    told = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw /corrupt header|premature|unexpected end/i.test(reason(error))
      ? failure(error, bytes, path, "its header")
      : new PictureError(
        path,
        "unknown-format",
        `its content is none of JPEG, PNG, WebP, GIF, TIFF, AVIF: fetch it again`,
      );
  }
  if (FORMATS.has(told.format)) return told;
  throw new PictureError(
    path,
    "unknown-format",
    `its content is ${told.format}: expected JPEG, PNG, WebP, GIF, TIFF or AVIF`,
  );
}

/** Refuses what would take memory without need, before anything is decoded. */
function checkSize(
  { width, height, pageHeight, format, bitsPerSample = 8, channels }: Metadata,
  bytes: number,
  path: string,
) {
  const pixels = width * (pageHeight ?? height);
  const size = `${width} x ${pageHeight ?? height}`;
  if (pixels > MOST_PIXELS) {
    throw new PictureError(
      path,
      "too-large",
      `it has ${size} pixels: expected at most ${MOST_PIXELS / 1e6} million. Make it smaller`,
    );
  }
  // A palette's index may have fewer bits than sharp tells; one bit a pixel is the least.
  const least = format === "jpeg"
    ? pixels / JPEG_PIXELS_A_BYTE
    : format === "png"
    ? pixels * (channels === 3 && bitsPerSample >= 8 ? 1 : 1 / 8) / DEFLATE_RATIO
    : 0;
  if (bytes < least) {
    throw new PictureError(
      path,
      "corrupt",
      `its header announces ${size} pixels, for which its ${bytes} bytes are too few: fetch it again`,
    );
  }
}

/** Decodes to upright sRGB without transparency, which is left out before resizing as it would weigh the colours. */
async function upright(file: Uint8Array): Promise<Picture> {
  const { data, info } = await sharp(file, { failOn: "error", limitInputPixels: MOST_PIXELS })
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

function reason(error: unknown): string {
  return (messageOf(error).split("\n", 1)[0] ?? "").trim().replace(/\.$/, "");
}
