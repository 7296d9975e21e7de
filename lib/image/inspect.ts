/**
 * What a picture is, without using it.
 *
 * @module
 */
import { decodePicture } from "./decode_picture.ts";

/** Facts about a picture that can be used. */
export interface PictureFacts {
  /** `"jpeg"`, `"png"`, ...: what the content is, whatever the name says. */
  format: string;
  /** In pixels, as seen: turned as its orientation says. */
  width: number;
  /** In pixels, as seen. */
  height: number;
  /** Channels in the file: 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha or CMYK. */
  channels: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  orientation: number;
  /** What is odd about it, though it can be used; each begins with a word for the kind and a colon. */
  warnings: string[];
}

/**
 * Decodes a picture whole, as `readPicture` does, but does not resize.
 *
 * @param path used in error messages only
 * @throws {PictureError} where it is no picture that can be used.
 *
 * @example
 * ```ts
 * import { inspectPicture } from "./inspect.ts";
 * const file = new URL("../../tests/fixtures/preprocess/small.png", import.meta.url);
 * const { format, channels } = await inspectPicture(await Deno.readFile(file), "small.png");
 * if (format !== "png" || channels !== 3) throw new Error("not the picture");
 * ```
 */
export async function inspectPicture(bytes: Uint8Array, path: string): Promise<PictureFacts> {
  const { picture, ...facts } = await decodePicture(bytes, path);
  return { ...facts, width: picture.width, height: picture.height };
}
