/**
 * An index of images in a folder or a database: `openIndex`, and the types of its methods.
 *
 * @example Find images by words
 * ```ts
 * import { loadBrewClip } from "@brewclip/brewclip";
 * import { openIndex } from "@brewclip/brewclip/search";
 *
 * const models = { clip: "data/models/clip-tiny-sample", whisper: "data/models/whisper-tiny-sample" };
 * await using model = await loadBrewClip(models);
 * const folder = await Deno.makeTempDir();
 * {
 *   await using index = await openIndex(folder, { model });
 *   await index.add("data/sample/tone/images");
 *   const { matches: [best] } = await index.search("a red ball", { top: 1 });
 *   if (best === undefined) throw new Error("nothing was found");
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */
export { type Found, type ImageIndex, openIndex, type OpenIndexOptions, type Query } from "./open_index.ts";
export { type IndexedImage, type IndexMatch, type SearchOptions } from "./store.ts";
export { type Added, type AddOptions, type SkippedImage } from "./update.ts";
export { type DuplicateGroup, duplicateGroups } from "./duplicates.ts";
