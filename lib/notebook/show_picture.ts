/**
 * Pictures in a notebook.
 *
 * @module
 */
import sharp from "sharp";
import { reading } from "../files/read.ts";
import { decodePicture } from "../image/decode_picture.ts";
import { dataUri } from "../experiments/page/media.ts";
import { html } from "../experiments/page/page.ts";
import { showOutput } from "./kernel.ts";

/** How a picture is shown. */
export interface PictureView {
  /** Stands below it. Default: nothing. */
  caption?: string;
  /** Longest side at most, in pixels; larger pictures are made smaller. Default 384. */
  side?: number;
}

/**
 * Shows a picture below the running cell, upright.
 *
 * @param picture the path of a file, or a file's bytes
 * @throws {InputError} where it cannot be read (a missing, cut or unknown file), or outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * const [pair] = await loadPairs("ln-coco", "../data/sample/coco");
 * await showPicture(pair.image, { caption: pair.text });
 * ```
 */
export async function showPicture(picture: string | Uint8Array, view: PictureView = {}): Promise<void> {
  const { caption, side = 384 } = view;
  const name = typeof picture === "string" ? picture : "bytes";
  const bytes = typeof picture === "string" ? await reading(picture, () => Deno.readFile(picture)) : picture;
  await decodePicture(bytes, name); // names what is wrong with a damaged file
  const copy = await sharp(bytes).autoOrient().resize(side, side, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#fff" }).jpeg({ quality: 88 }).toBuffer();
  const jpeg = new Uint8Array(copy);
  const alternative = caption ?? name;
  const figure = html`<figure style="margin:0"><img src="${dataUri("image/jpeg", jpeg)}" alt="${alternative}">${
    caption === undefined ? "" : html`<figcaption>${caption}</figcaption>`
  }</figure>`;
  await showOutput({
    "text/html": String(figure),
    "image/jpeg": jpeg.toBase64(),
    "text/plain": `picture: ${alternative}`,
  });
}
