/** Sends the images of an index, and nothing else. */
import { join } from "@std/path";
import { thumbnail } from "../report/page/media.ts";
import type { IndexedImage } from "../retrieval/index/store.ts";

/** Pixels of the longer side of a copy: in the grid, and alone. */
export const SIDES = { small: 400, large: 1600 } as const;

/**
 * Makes a JPEG of an image of an index, which any browser shows.
 *
 * @param folder the folder of the index
 * @returns undefined if the file is no longer the one that was indexed, a link leads out of the folder, or it cannot be read
 */
export async function copyOf(
  { path, size, modified }: IndexedImage,
  folder: string,
  side: keyof typeof SIDES,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const [file, root] = await Promise.all([Deno.realPath(path), Deno.realPath(folder)]);
    if (!file.startsWith(join(root, "/"))) return undefined;
    const facts = await Deno.stat(file);
    if (!facts.isFile || facts.size !== size || facts.mtime?.getTime() !== modified) return undefined;
    return await thumbnail(file, SIDES[side]);
  } catch {
    return undefined;
  }
}
