/** Decodes images to upright RGB. */
import sharp, { type Metadata, type Sharp } from "sharp";
import { messageOf } from "../errors.ts";
import { formatBytes } from "../files/disk.ts";
import { isAbsence } from "../files/read.ts";
import { foreignFormat, ImageError, isHeic } from "./image_format.ts";
import { decodeBmp, type Decoded, decodeHeic, isBmp, tiffWithProfile } from "./other_decoders.ts";
import type { RgbImage } from "./resize.ts";

export { ImageError, type ImageProblem } from "./image_format.ts";

interface ImageFacts {
  /** The format of the content: `"jpeg"`, `"png"`, ... */
  format: string;
  /** In pixels, after the orientation is applied. */
  width: number;
  height: number;
  /** In the file: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha or CMYK. */
  channels: number;
  /** EXIF orientation, 1 to 8. 1 is upright. */
  orientation: number;
  /** Oddities of the image. Each begins with its kind and a colon. */
  warnings: string[];
}

interface DecodedImage extends ImageFacts {
  /** Upright pixels in sRGB. */
  image: RgbImage;
}

/** The formats that sharp decodes; "heif" is AVIF. SVG and PDF are excluded, as they may name other files. */
const FORMATS: ReadonlySet<string> = new Set(["jpeg", "png", "webp", "gif", "tiff", "heif"]);
/** 100 megapixels take 300 MB, and some formats need more while they are decoded. */
const MAX_PIXELS = 1e8;
/** Bytes that an image may take while it is decoded, with those of its file. */
const MAX_MEMORY = 850e6;
/** Bytes that a decoder holds for each pixel, besides the result's: the whole image, in layers for WebP and GIF. */
const HELD: Readonly<Record<string, number>> = { webp: 5, gif: 4, heif: 16 };
/** What an AVIF of 10 or 12 bits takes besides. */
const DEEP_AVIF = 6;
/** The same for HEIC, with the result: 12 were measured, and 18 with a color profile. */
const HEIC = 17;
/** A JPEG has at least one bit for every 8 x 8 pixels. */
const MAX_JPEG_PIXELS_PER_BYTE = 512;
/** The maximum compression of deflate. */
const DEFLATE_RATIO = 1032;

/** Larger files are not read. */
const MAX_BYTES = 2 ** 28;

/**
 * Reads the file of an image.
 *
 * @throws {ImageError} if it is missing, is no plain file, or has more than 268 MB.
 */
export async function readImageFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { isFile, isDirectory, size } = await Deno.stat(path); // opening a pipe would wait for its writer
    if (!isFile) {
      const what = isDirectory ? "it is a folder, not a file" : "it is no file but a pipe, a device or a socket";
      throw new ImageError(path, "missing", what);
    }
    if (size > MAX_BYTES) {
      const why = `it has ${Math.round(size / 1e6)} MB: expected at most ${
        Math.round(MAX_BYTES / 1e6)
      }. Make it smaller`;
      throw new ImageError(path, "too-large", why);
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    throw new ImageError(path, "missing", "it does not exist: check the path");
  }
}

/**
 * Decodes and checks an image as `readImage` does, but does not resize it.
 *
 * @param path for error messages
 * @throws {ImageError} if it cannot be used.
 */
export async function inspectImage(bytes: Uint8Array, path: string): Promise<ImageFacts> {
  const { image: _pixels, ...facts } = await decodeImage(bytes, path);
  return facts;
}

/**
 * Decodes the first frame of an image to upright sRGB. It follows the EXIF orientation and the color profile, and converts
 * CMYK without a profile as Pillow does. It drops transparency as Pillow's `convert("RGB")` does, so that CLIP sees the
 * colors under it. A truncated JPEG is refused, not filled with gray.
 *
 * @param path for error messages
 * @throws {ImageError} if it cannot be used.
 */
export async function decodeImage(bytes: Uint8Array, path: string): Promise<DecodedImage> {
  if (bytes.length === 0) throw new ImageError(path, "empty", "it has 0 bytes: fetch it again");
  if (isHeic(bytes)) return await fromDecoded("heic", await decodeHeic(bytes, path, atMost(path, HEIC)));
  if (isBmp(bytes)) return await fromDecoded("bmp", decodeBmp(bytes, path, atMost(path)));
  const foreign = foreignFormat(bytes, path);
  if (foreign !== undefined) throw new ImageError(path, "unknown-format", foreign);
  const found = await metadata(bytes, path);
  checkSize(found, bytes.length, path);
  const { format, channels, orientation = 1, pages = 1 } = found;
  const warnings = pages > 1 ? [`frames: it has ${pages}, and only the first is used`] : [];
  try {
    const image = found.space === "cmyk" && !found.hasProfile ? await upright(bytes, "cmyk") : await upright(bytes);
    return { image, format, channels, width: image.width, height: image.height, orientation, warnings };
  } catch (error) {
    throw failure(error, bytes, path, "its pixels");
  }
}

/** Opens an upright image with sharp. HEIC and BMP, which sharp does not read, are decoded first. */
export async function openWithSharp(bytes: Uint8Array, path: string): Promise<Sharp> {
  if (!isHeic(bytes) && !isBmp(bytes)) {
    checkSize(await metadata(bytes, path), bytes.length, path);
    return sharp(bytes).autoOrient();
  }
  const { image: { data, width, height } } = await decodeImage(bytes, path);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function fromDecoded(format: string, { profile, channels, ...decoded }: Decoded): Promise<DecodedImage> {
  const image = profile === undefined ? decoded : await upright(tiffWithProfile(decoded, profile)).catch(() => decoded);
  return { image, format, channels, width: image.width, height: image.height, orientation: 1, warnings: [] };
}

/** The error for a decoder's failure: a truncated file, or other damage. */
function failure(error: unknown, bytes: Uint8Array, path: string, part: string): ImageError {
  const why = reason(error);
  if (isCut(bytes) || /premature end|truncated|unexpected end/i.test(why)) {
    return new ImageError(path, "truncated", `it ends before its last pixel (${why}): fetch it again`);
  }
  return new ImageError(path, "corrupt", `${part} cannot be decoded (${why}): fetch it again`);
}

/** Whether a PNG lacks its last chunk, or a WebP has fewer bytes than it announces. */
function isCut(bytes: Uint8Array): boolean {
  const text = (from: number, to?: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(1, 4) === "PNG") return !text(-64).includes("IEND");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return text(0, 4) === "RIFF" && bytes.length > 8 && view.getUint32(4, true) + 8 > bytes.length;
}

async function metadata(bytes: Uint8Array, path: string): Promise<Metadata> {
  let found: Metadata;
  try {
    found = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw /corrupt header|premature|unexpected end/i.test(reason(error))
      ? failure(error, bytes, path, "its header")
      : new ImageError(
        path,
        "unknown-format",
        `its content is none of JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC, BMP: fetch it again, or convert it to PNG`,
      );
  }
  if (FORMATS.has(found.format)) return found;
  throw new ImageError(
    path,
    "unknown-format",
    `its content is ${found.format}: expected JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC or BMP. Convert it to PNG`,
  );
}

/** Refuses large images before memory is allocated. */
function atMost(path: string, bytesPerPixel = 3): (width: number, height: number) => void {
  const most = Math.min(MAX_PIXELS, Math.floor(MAX_MEMORY / bytesPerPixel / 1e6) * 1e6);
  return (width, height) => {
    if (width * height <= most) return;
    const why = `it has ${width} x ${height} pixels: expected at most ${most / 1e6} million. Make it smaller`;
    throw new ImageError(path, "too-large", why);
  };
}

function checkSize(found: Metadata, bytes: number, path: string) {
  const { width, format, bitsPerSample = 8, channels } = found;
  const height = found.pageHeight ?? found.height;
  atMost(path)(width, height);
  const pixels = width * height;
  const memory = pixels * bytesPerPixel(found) + bytes;
  if (memory > MAX_MEMORY) {
    const why = `its ${width} x ${height} pixels would take ${formatBytes(memory)} while they are decoded (it is ` +
      `progressive, rotated, animated or of high depth): expected at most ${formatBytes(MAX_MEMORY)}. Make it smaller`;
    throw new ImageError(path, "too-large", why);
  }
  // A palette's index may have fewer bits than sharp reports, but at least one per pixel.
  const least = format === "jpeg"
    ? pixels / MAX_JPEG_PIXELS_PER_BYTE
    : format === "png"
    ? pixels * (channels === 3 && bitsPerSample >= 8 ? 1 : 1 / 8) / DEFLATE_RATIO
    : 0;
  if (bytes < least) {
    throw new ImageError(
      path,
      "corrupt",
      `its header announces ${width} x ${height} pixels, for which its ${bytes} bytes are too few: fetch it again`,
    );
  }
}

/** Bytes of memory that a pixel takes while it is decoded and turned. Baseline JPEG, PNG and TIFF are decoded line by line. */
function bytesPerPixel(
  { format, space, channels, bitsPerSample = 8, isProgressive, chromaSubsampling, orientation = 1 }: Metadata,
): number {
  const pixel = channels * Math.ceil(bitsPerSample / 8);
  const result = space === "cmyk" ? 7 : channels < 3 ? 4 : 3;
  const turned = orientation > 1 ? pixel : 0;
  if (format === "heif") return result + turned + HELD[format]! + (bitsPerSample > 8 ? DEEP_AVIF : 0);
  if (format !== "jpeg") return result + turned + (HELD[format] ?? (isProgressive ? pixel : 0));
  // A progressive JPEG's coefficients have 2 bytes each.
  return result + turned + (isProgressive ? chromaSubsampling === "4:2:0" ? 3 : 2 * channels : 0);
}

/** Decodes to upright sRGB. Transparency is dropped before resizing, since it would weight the colors. */
async function upright(file: Uint8Array, space: "srgb" | "cmyk" = "srgb"): Promise<RgbImage> {
  const source = sharp(file, { failOn: "error", limitInputPixels: MAX_PIXELS }).autoOrient();
  const { data, info } = await (space === "cmyk" ? source.pipelineColourspace("cmyk") : source)
    .toColourspace(space)
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 3) return { data, width, height };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const light = 255 - data[i * channels + 3]!; // of CMYK
    for (const c of [0, 1, 2]) {
      rgb[3 * i + c] = space === "cmyk" ? light - scaled(data[i * channels + c]!, light) : data[i * channels]!; // gray
    }
  }
  return { data: rgb, width, height };
}

/** `a * b / 255`, rounded as in Pillow. */
function scaled(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

function reason(error: unknown): string {
  return (messageOf(error).split("\n", 1)[0] ?? "").trim().replace(/\.$/, "");
}
