/** Decoders of the formats that sharp does not read: HEIC and BMP. */
import { messageOf } from "../errors.ts";
import { convert, ImageError } from "./image_format.ts";
import type { RgbImage } from "./resize.ts";

interface Libheif {
  HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[]; decoder: { delete(): void } };
}
interface HeifImage {
  get_width(): number;
  get_height(): number;
  is_primary(): boolean;
  display(
    into: { data: Uint8ClampedArray; width: number; height: number },
    done: (shown: { data: Uint8ClampedArray } | null) => void,
  ): void;
  free(): void;
}

/** A decoded image. It is in sRGB if it has no profile. */
export interface Decoded extends RgbImage {
  /** ICC profile. */
  profile?: Uint8Array;
  /** In the file. */
  channels: number;
}

/**
 * Decodes the primary image of a HEIC file, and turns it upright.
 *
 * @param checkSize throws if an image is too large
 * @throws {ImageError} if it cannot be decoded.
 */
export async function decodeHeic(
  bytes: Uint8Array,
  path: string,
  checkSize: (width: number, height: number) => void,
): Promise<Decoded> {
  if (hevcProfile(bytes) > MAIN_PROFILES) {
    const what = "a HEIC in HEVC's range extensions, which the decoder is not made for";
    throw new ImageError(path, "unknown-format", `it is ${what}: ${convert(path)}`);
  }
  const { default: libheif } = await import("libheif-js") as { default: Libheif };
  const decoder = new libheif.HeifDecoder();
  const images: HeifImage[] = [];
  try {
    images.push(...decoder.decode(bytes));
    const image = images.find((one) => one.is_primary()) ?? images[0];
    if (image === undefined) throw new ImageError(path, ...heicFailure(bytes, "it has no image inside"));
    const [width, height] = [image.get_width(), image.get_height()];
    checkSize(width, height);
    const rgba = new Uint8ClampedArray(width * height * 4);
    const shown = await new Promise((resolve) => image.display({ data: rgba, width, height }, resolve));
    if (shown === null) throw new ImageError(path, ...heicFailure(bytes, "its pixels cannot be decoded"));
    const data = new Uint8Array(rgba.buffer, 0, width * height * 3); // in place, as an image of 50 megapixels is large
    for (let from = 0, to = 0; to < data.length; from++) {
      for (let c = 0; c < 3; c++) data[to++] = rgba[from++]!;
    }
    return { data, width, height, channels: 3, ...profileOf(bytes) };
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(path, ...heicFailure(bytes, messageOf(error)));
  } finally {
    for (const image of images) image.free();
    decoder.decoder?.delete();
  }
}

/** HEVC's profiles Main, Main 10 and Main Still Picture, which cameras and phones write, are 1 to 3. */
const MAIN_PROFILES = 3;

/** The HEVC profile of the first decoder configuration, usually that of the primary image. 0 without one. */
function hevcProfile(bytes: Uint8Array): number {
  const at = latin1(bytes).indexOf("hvcC");
  return at < 0 ? 0 : (bytes[at + 5] ?? 0) & 0x1f;
}

/** The boxes before the pixels as text, one character per byte. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes.subarray(0, 2 ** 20));
}

/** The error for a HEIC: a file is truncated if its last box ends after it. */
function heicFailure(bytes: Uint8Array, why: string): ["truncated" | "corrupt", string] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let size = 8; at + 8 <= bytes.length && size >= 8; at += size) size = view.getUint32(at) || bytes.length - at;
  return at > bytes.length
    ? ["truncated", `it has ${bytes.length} of the ${at} bytes that it announces: fetch it again`]
    : ["corrupt", `this HEIC cannot be decoded (${why}): fetch it again`];
}

/** The first ICC profile in the boxes before the pixels, which all images of a file usually share. */
function profileOf(bytes: Uint8Array): { profile?: Uint8Array } {
  const at = latin1(bytes).indexOf("colrprof");
  if (at < 4) return {};
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at - 4);
  return size > 12 && at - 4 + size <= bytes.length ? { profile: bytes.subarray(at + 8, at - 4 + size) } : {};
}

/** An uncompressed RGB TIFF with a profile, which sharp can apply. */
export function tiffWithProfile({ data, width, height }: RgbImage, profile: Uint8Array): Uint8Array {
  const tags: [tag: number, type: number, count: number, value: number][] = [];
  const head = 8 + 2 + 10 * 12 + 4;
  const [bits, icc] = [head, head + 8];
  const strip = icc + profile.length + profile.length % 2;
  tags.push([256, 4, 1, width], [257, 4, 1, height], [258, 3, 3, bits], [259, 3, 1, 1], [262, 3, 1, 2]);
  tags.push([273, 4, 1, strip], [277, 3, 1, 3], [278, 4, 1, height], [279, 4, 1, data.length]);
  tags.push([34675, 7, profile.length, icc]);
  const file = new Uint8Array(strip + data.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x49492a00);
  view.setUint32(4, 8, true);
  view.setUint16(8, tags.length, true);
  for (const [i, [tag, type, count, value]] of tags.entries()) {
    view.setUint16(10 + 12 * i, tag, true);
    view.setUint16(12 + 12 * i, type, true);
    view.setUint32(14 + 12 * i, count, true);
    view.setUint32(18 + 12 * i, value, true);
  }
  for (const i of [0, 2, 4]) view.setUint16(bits + i, 8, true);
  file.set(profile, icc);
  file.set(data, strip);
  return file;
}

/** Whether an image is a Windows bitmap. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d && [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes[14] ?? 0);
}

/** Writes the colors of a pixel. */
type Unpack = (pixel: number, into: Uint8Array, at: number) => void;

/**
 * Decodes an uncompressed BMP of 1, 4, 8, 16, 24 or 32 bits.
 *
 * @param checkSize throws if an image is too large
 * @throws {ImageError} if it is compressed, truncated, or contradicts itself.
 */
export function decodeBmp(
  bytes: Uint8Array,
  path: string,
  checkSize: (width: number, height: number) => void,
): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const truncated = () => new ImageError(path, "truncated", "it ends before its last pixel: fetch it again");
  const header = bytes.length < 26 ? Infinity : view.getUint32(14, true);
  if (bytes.length < 14 + header) throw truncated();
  const old = header === 12;
  const [width, rows] = old
    ? [view.getUint16(18, true), view.getUint16(20, true)]
    : [view.getInt32(18, true), view.getInt32(22, true)];
  const height = Math.abs(rows);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  if (width <= 0 || height === 0 || ![1, 4, 8, 16, 24, 32].includes(bits)) {
    const found = `${width} x ${rows} pixels of ${bits} bits`;
    throw new ImageError(path, "corrupt", `this BMP announces ${found}, which no BMP has: fetch it again`);
  }
  if (compression !== 0 && !(compression === 3 && bits >= 16) && !(compression === 6 && bits >= 16)) {
    throw new ImageError(path, "unknown-format", `it is a compressed BMP, which is not read: ${convert(path)}`);
  }
  checkSize(width, height);
  const line = Math.ceil(width * bits / 32) * 4; // bytes of a row
  const start = view.getUint32(10, true);
  if (start + line * height > bytes.length) throw truncated();
  const unpack = bits <= 8
    ? fromPalette(bytes, 14 + header, old ? 3 : 4)
    : bits === 24 || (compression === 0 && bits === 32)
    ? bgr
    : fromMasks(compression === 0 ? [0x7c00, 0x3e0, 0x1f] : [54, 58, 62].map((at) => view.getUint32(at, true)));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = start + (rows > 0 ? height - 1 - y : y) * line; // bottom-up, unless the height is negative
    for (let x = 0; x < width; x++) {
      const at = row + (x * bits >> 3);
      const pixel = bits < 8
        ? bytes[at]! >> (8 - bits - x * bits % 8) & (1 << bits) - 1
        : bits === 8
        ? bytes[at]!
        : bits === 16
        ? view.getUint16(at, true)
        : bits === 24
        ? bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16
        : view.getUint32(at, true);
      unpack(pixel, data, (y * width + x) * 3);
    }
  }
  return { data, width, height, channels: 3 };
}

function bgr(pixel: number, into: Uint8Array, at: number): void {
  into[at] = pixel >> 16;
  into[at + 1] = pixel >> 8;
  into[at + 2] = pixel;
}

function fromPalette(bytes: Uint8Array, from: number, width: number): Unpack {
  return (index, into, at) => {
    for (const c of [0, 1, 2]) into[at + c] = bytes[from + index * width + 2 - c] ?? 0;
  };
}

function fromMasks(masks: number[]): Unpack {
  const shifts = masks.map((mask) => mask === 0 ? 0 : 31 - Math.clz32(mask & -mask));
  return (pixel, into, at) => {
    for (const [c, mask] of masks.entries()) {
      const most = mask >>> shifts[c]!;
      into[at + c] = most === 0 ? 0 : Math.round(255 * ((pixel & mask) >>> shifts[c]!) / most);
    }
  };
}
