/** Makes an index equal to the images of a folder. */
import { InputError } from "../../errors.ts";
import { exists } from "../../files/read.ts";
import type { RetrievalModel } from "../load_brewclip.ts";
import type { IndexedImage, VectorStore } from "./store.ts";
import { walkImages } from "./walk.ts";

/** How to add images. */
export interface AddOptions {
  /** Called when images are stored, with those done and all that have to be embedded. */
  progress?: (done: number, total: number) => void;
  /** Called for a file or subfolder that cannot be read. */
  onSkipped?: (skipped: SkippedImage) => void;
  /** Called before HNSW or codes of a large index in a server are built, which can take minutes. */
  onGraph?: (images: number) => void;
  /** Stops after the batch; what was embedded is stored. */
  signal?: AbortSignal;
}

/** A file or subfolder that cannot be read. */
export interface SkippedImage {
  /** Its path. */
  path: string;
  /** The message of the error. */
  reason: string;
}

/** What was done. */
export interface Added {
  /** New and changed images that were embedded. */
  embedded: number;
  /** Images that were in the index already. */
  unchanged: number;
  /** Images that are not in the folders any more. */
  removed: number;
  /** Files and subfolders that cannot be read. */
  skipped: SkippedImage[];
  /** The number of files that are no images, by their ending. */
  others: Map<string, number>;
}

/** Seconds of work that a killed process may lose. */
const SECONDS = 5;
const BATCH = 32;

/**
 * Embeds the new and changed images of a folder and removes vanished ones.
 *
 * @param all what was done, which is added to
 */
export async function updateFolder(
  store: VectorStore,
  model: RetrievalModel,
  folder: string,
  all: Added,
  { progress, onSkipped, signal }: AddOptions,
): Promise<void> {
  const skip = (skipped: SkippedImage) => {
    all.skipped.push(skipped);
    onSkipped?.(skipped);
  };
  const found = await walkImages(folder);
  const known = new Map((await store.images(found.folder)).map((image) => [image.path, image]));
  if (found.images.length === 0 && known.size > 0) {
    throw new InputError(
      `Cannot index '${folder}' as it has no image now, but ${known.size} of the index are from it: mount its disk. ` +
        `If you deleted them, remove them from the index with --forget '${folder}'.`,
    );
  }
  found.unreadable.forEach(skip);
  for (const [ending, count] of found.others) all.others.set(ending, (all.others.get(ending) ?? 0) + count);
  const changed = found.images.filter(({ path, size, modified }) => {
    const before = known.get(path);
    return before?.size !== size || before.modified !== modified;
  });
  all.unchanged += found.images.length - changed.length;

  let size = BATCH; // images until the next time that they are stored
  progress?.(0, changed.length);
  for (let first = 0; first < changed.length;) {
    signal?.throwIfAborted();
    const start = performance.now();
    all.embedded += await embedAndStore(store, model, changed.slice(first, first + size), found.folder, skip);
    first = Math.min(changed.length, first + size);
    progress?.(first, changed.length);
    const rate = size / (performance.now() - start) * 1000;
    size = BATCH * Math.min(16, Math.max(1, Math.round(rate * SECONDS / BATCH)));
  }

  for (const { path } of found.images) known.delete(path);
  // What is below an unreadable folder is unknown, not gone.
  const gone = [...known.keys()].filter((path) => !found.unreadable.some((place) => path.startsWith(place.path)));
  await store.remove(gone);
  all.removed += gone.length;
}

/** Returns how many of the images could be embedded. */
async function embedAndStore(
  store: VectorStore,
  model: RetrievalModel,
  images: readonly IndexedImage[],
  folder: string,
  skip: (skipped: SkippedImage) => void,
): Promise<number> {
  const unreadable = new Map<number, string>();
  const rows = await model.embedImages(images.map(({ path }) => path), {
    batchSize: BATCH,
    onUnreadable: (index, error) => unreadable.set(index, error.message),
  });
  if (unreadable.size > 0 && !await exists(folder)) {
    throw new InputError(
      `Cannot index '${folder}' as it vanished: mount its disk. What was embedded is stored, and the same command continues.`,
    );
  }
  for (const [index, reason] of unreadable) skip({ path: images[index]!.path, reason });
  await store.add(images.filter((_, i) => !unreadable.has(i)), rows);
  // A changed file that cannot be read any more keeps no vector of its former content.
  await store.remove(images.filter((_, i) => unreadable.has(i)).map(({ path }) => path));
  return rows.shape[0];
}
