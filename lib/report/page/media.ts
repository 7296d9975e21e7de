/** Images and recordings inside pages and figures, and the color scale of spectrograms. */
import sharp from "sharp";
import { reading } from "../../files/read.ts";
import { openWithSharp, readImageFile } from "../../image/decode_image.ts";
import { type AudioFormat, formatOf } from "../../audio/format.ts";
import { messageOf } from "../../errors.ts";
import { type Html, html } from "./shell.ts";

/** Larger recordings are only named. */
const MAX_BYTES = 1.5e6;

const AUDIO_TYPES: Readonly<Partial<Record<AudioFormat, string>>> = {
  wav: "audio/wav",
  flac: "audio/flac",
  vorbis: "audio/ogg",
  opus: "audio/ogg",
  mp3: "audio/mpeg",
  aac: "audio/aac",
  mp4: "audio/mp4",
  webm: "audio/webm",
};

export function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${bytes.toBase64()}`;
}

/** The MIME type of a recording; undefined for formats that browsers do not play. */
export function audioType(bytes: Uint8Array): string | undefined {
  const format = formatOf(bytes);
  return format && AUDIO_TYPES[format];
}

/** Undefined for formats that browsers do not play. */
export function audioUri(bytes: Uint8Array): string | undefined {
  const type = audioType(bytes);
  return type === undefined ? undefined : dataUri(type, bytes);
}

/** A small upright copy of an image as a URL; undefined if it cannot be read. */
export async function thumbnailUri(path: string, side: number): Promise<string | undefined> {
  const copy = await thumbnail(path, side);
  return copy && dataUri("image/jpeg", copy);
}

/** A small upright JPEG of an image; undefined if it cannot be read. */
export async function thumbnail(path: string, side: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const copy = await (await openWithSharp(await readImageFile(path), path))
      .resize(side, side, { fit: "inside", withoutEnlargement: true }).flatten({ background: "#fff" })
      .jpeg({ quality: 82 }).toBuffer();
    return new Uint8Array(copy);
  } catch {
    return undefined;
  }
}

export interface ImageCopies {
  colour: string;
  /** Without color, so that a map stands out. */
  grey: string;
  width: number;
  height: number;
}

/** @param side pixels of the longer side */
export async function imageCopies(path: string, side: number): Promise<ImageCopies> {
  const copy = (await openWithSharp(await readImageFile(path), path)).resize(side, side, { fit: "inside" })
    .flatten({ background: "#fff" });
  const { data, info: { width, height } } = await copy.jpeg({ quality: 85 }).toBuffer({ resolveWithObject: true });
  const colour = dataUri("image/jpeg", new Uint8Array(data));
  const grey = dataUri("image/jpeg", new Uint8Array(await sharp(data).greyscale().jpeg({ quality: 85 }).toBuffer()));
  return { colour, grey, width, height };
}

/** A player; large recordings and unknown formats are only named. */
export async function audioElement(path: string): Promise<Html> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    const { size } = await reading(path, () => Deno.stat(path));
    if (size > MAX_BYTES) return html`<p class="soft">recording ${path} (${(size / 1e6).toFixed(1)} MB)</p>`;
    bytes = await reading(path, () => Deno.readFile(path));
  } catch (error) {
    return html`<p class="soft">the recording ${path} cannot be read: ${messageOf(error)}</p>`;
  }
  const address = audioUri(bytes);
  if (address === undefined) {
    return html`<p class="soft">recording ${path} (${(bytes.length / 1e6).toFixed(1)} MB)</p>`;
  }
  return html`<audio controls preload="none" src="${address}"></audio>`;
}

/** From black over purple and orange to light yellow with evenly rising lightness (after inferno). */
const SCALE: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [40, 11, 84],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
];

/** The color of a value in [0, 1]: red, green and blue from 0 to 255. */
export function heatColour(value: number): [number, number, number] {
  const position = Math.min(1, Math.max(0, value)) * (SCALE.length - 1);
  const low = Math.min(SCALE.length - 2, Math.floor(position));
  const [from, to] = [SCALE[low]!, SCALE[low + 1]!];
  const mixed = ([0, 1, 2] as const).map((c) => Math.round(from[c] + (position - low) * (to[c] - from[c])));
  return mixed as [number, number, number];
}

export function heatCss(value: number): string {
  return `rgb(${heatColour(value).join(" ")})`;
}

/** A spectrogram as the URL of a PNG, high frequencies at the top. */
export async function spectrogramUri(
  { bands, columns, levels }: { bands: number; columns: number; levels: readonly number[] },
): Promise<string> {
  const data = new Uint8Array(bands * columns * 3);
  levels.forEach((level, i) => {
    const [band, column] = [Math.floor(i / columns), i % columns];
    data.set(heatColour(level / 255), ((bands - 1 - band) * columns + column) * 3);
  });
  const png = await sharp(data, { raw: { width: columns, height: bands, channels: 3 } }).png().toBuffer();
  return dataUri("image/png", new Uint8Array(png));
}
