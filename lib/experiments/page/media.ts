/**
 * Pictures and recordings as parts of a page.
 *
 * @module
 */
import sharp from "sharp";
import { type AudioFormat, formatOf } from "../../audio/format.ts";
import { messageOf } from "../../errors.ts";
import { type Html, html } from "./page.ts";

/** A recording of more bytes is named, not put into the page. */
const MOST_BYTES = 1.5e6;

/** Types that browsers play. */
const TYPES: Readonly<Partial<Record<AudioFormat, string>>> = {
  wav: "audio/wav",
  flac: "audio/flac",
  vorbis: "audio/ogg",
  opus: "audio/ogg",
  mp3: "audio/mpeg",
  aac: "audio/aac",
  mp4: "audio/mp4",
  webm: "audio/webm",
};

/** A picture of raw RGB or RGBA pixels. */
export interface RawPicture {
  /** `[height * width * channels]`, 0 to 255. */
  data: Uint8Array;
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** Colours, and transparency where it is 4. */
  channels: 3 | 4;
}

/** Bytes as the address of themselves. */
export function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${bytes.toBase64()}`;
}

/** A recording as it is, as an address that browsers play; undefined if it has another format. */
export function audioUri(bytes: Uint8Array): string | undefined {
  const format = formatOf(bytes);
  const type = format && TYPES[format];
  return type === undefined ? undefined : dataUri(type, bytes);
}

/** Raw pixels as a PNG's address. */
export async function pngUri({ data, width, height, channels }: RawPicture): Promise<string> {
  const png = await sharp(data, { raw: { width, height, channels } }).png().toBuffer();
  return dataUri("image/png", new Uint8Array(png));
}

/** The address of a small copy of a picture, upright, at most so many pixels a side; undefined where it cannot be read. */
export async function thumbnailUri(path: string, side: number): Promise<string | undefined> {
  try {
    const copy = await sharp(await Deno.readFile(path)).autoOrient()
      .resize(side, side, { fit: "inside", withoutEnlargement: true }).flatten({ background: "#fff" })
      .jpeg({ quality: 82 }).toBuffer();
    return dataUri("image/jpeg", new Uint8Array(copy));
  } catch {
    return undefined;
  }
}

/** A small copy of a picture as an element. */
export async function pictureElement(path: string, side: number, alternative: string): Promise<Html> {
  const uri = await thumbnailUri(path, side);
  if (uri === undefined) return html`<p class="soft">the picture ${path} cannot be read</p>`;
  return html`<img class="picture" src="${uri}" alt="${alternative}">`;
}

/** A recording that can be played; one that is large or in another format is named. */
export async function audioElement(path: string): Promise<Html> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    return html`<p class="soft">the recording ${path} cannot be read: ${messageOf(error)}</p>`;
  }
  const address = audioUri(bytes);
  if (address === undefined || bytes.length > MOST_BYTES) {
    return html`<p class="soft">recording ${path} (${(bytes.length / 1e6).toFixed(1)} MB)</p>`;
  }
  return html`<audio controls preload="none" src="${address}"></audio>`;
}
