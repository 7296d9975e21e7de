/** Finds the images of a folder. */
import { extname, join, resolve } from "@std/path";
import { InputError, messageOf } from "../../errors.ts";
import { isAbsence } from "../../files/read.ts";
import type { IndexedImage } from "./store.ts";

/** The endings of the formats that `readImage` reads. */
export const IMAGE = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|hei[cf]|bmp|dib)$/i;

/** What is in a folder. */
export interface FolderImages {
  /** Its absolute path. */
  folder: string;
  images: IndexedImage[];
  /** The number of other files by their ending in lower case. */
  others: Map<string, number>;
  /** Subfolders that cannot be read, and why. */
  unreadable: { path: string; reason: string }[];
}

/**
 * Finds the images of a folder and its subfolders by their endings. Links are followed. Names that begin with a dot are
 * skipped: they are thumbnails and settings.
 *
 * @throws {InputError} if the folder does not exist or cannot be read.
 */
export async function walkImages(folder: string): Promise<FolderImages> {
  const found: FolderImages = { folder: resolve(folder), images: [], others: new Map(), unreadable: [] };
  const visited = new Set<string>();
  try {
    await walk(found.folder, found, visited);
  } catch (error) {
    if (!isAbsence(error) && !(error instanceof Deno.errors.PermissionDenied)) throw error;
    const why = isAbsence(error) ? "it is no folder now" : "its owner does not let this user";
    throw new InputError(
      `Cannot index '${folder}' as ${why}: check the path, or mount the disk that it is on. Nothing was removed from the index.`,
    );
  }
  return found;
}

async function walk(folder: string, found: FolderImages, visited: Set<string>): Promise<void> {
  const place = await Deno.realPath(folder);
  if (visited.has(place)) return; // a circle of links
  visited.add(place);
  const entries = (await Array.fromAsync(Deno.readDir(folder))).sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory, isFile } of entries) {
    if (name.startsWith(".")) continue;
    const path = join(folder, name);
    try {
      const facts = isDirectory || (isFile && !IMAGE.test(name)) ? undefined : await Deno.stat(path);
      if (isDirectory || facts?.isDirectory) await walk(path, found, visited);
      else if (IMAGE.test(name) && facts?.isFile) {
        found.images.push({ path, size: facts.size, modified: facts.mtime?.getTime() ?? 0 });
      } else {
        const ending = extname(name).toLowerCase() || "no ending";
        found.others.set(ending, (found.others.get(ending) ?? 0) + 1);
      }
    } catch (error) {
      if (!isAbsence(error)) found.unreadable.push({ path, reason: messageOf(error) }); // else it was deleted
    }
  }
}
