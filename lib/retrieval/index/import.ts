/** Puts the vectors of a `.npy` into an index. */
import { dirname, resolve } from "@std/path";
import { InputError } from "../../errors.ts";
import { exists } from "../../files/read.ts";
import type { RetrievalModel } from "../load_brewclip.ts";
import type { IndexedImage, VectorStore } from "./store.ts";
import { readNpy, type VectorRecord } from "./vector_files.ts";

/** Images whose vectors are computed again, to see that they are the model's. */
const CHECKED = 4;

/** The least cosine of a vector with the model's own. Half precision and another decoder change far less. */
const SAME = 0.99;

/**
 * Adds vectors to an index, or replaces those of the same path. A line of the `.jsonl` has a `path`, relative to that file,
 * and may have `size`, `modified` and `model`. Of the images that exist, some are embedded, so that vectors of another model
 * do not get in.
 *
 * @returns the number of vectors, and how many of them were compared with the model
 * @throws {InputError} if a file is missing or malformed, or the vectors are of another model.
 * @throws the signal's reason, if it was aborted.
 */
export async function importVectors(
  store: VectorStore,
  model: RetrievalModel,
  file: string,
  signal?: AbortSignal,
): Promise<{ vectors: number; checked: number }> {
  let vectors = 0, checked = 0;
  for await (const page of readNpy(file, model.width)) {
    signal?.throwIfAborted();
    const other = page.find(({ facts }) => facts.model !== undefined && facts.model !== model.fingerprint);
    if (other !== undefined) {
      throw new InputError(
        `Cannot import '${file}' as its vectors are of the model ${other.facts.model}: expected ${model.fingerprint}. ` +
          "Give the model that made them with --run, or --clip and --whisper.",
      );
    }
    for (const record of page) record.facts.path = resolve(dirname(file), record.facts.path as string);
    if (checked < CHECKED) checked += await compare(model, file, page, CHECKED - checked);
    await store.add(await Promise.all(page.map(imageOf)), page.map(({ vector }) => vector));
    vectors += page.length;
  }
  return { vectors, checked };
}

async function compare(
  model: RetrievalModel,
  file: string,
  page: readonly VectorRecord[],
  count: number,
): Promise<number> {
  const there: VectorRecord[] = [];
  for (const record of page) {
    if (there.length === count) break;
    if (await exists(record.facts.path as string)) there.push(record);
  }
  const own = [...await model.embedImages(there.map(({ facts }) => facts.path as string))];
  for (const [i, { facts, vector }] of there.entries()) {
    const score = vector.reduce((sum, value, at) => sum + value * own[i]![at]!, 0);
    if (score < SAME) {
      throw new InputError(
        `Cannot import '${file}' as another model made its vectors: that of '${facts.path}' has a cosine of ` +
          `${score.toFixed(3)} with this model's, expected at least ${SAME}. Give the model that made them.`,
      );
    }
  }
  return there.length;
}

/** What the index stores of an image. One that changes later, or of which nothing is known, is embedded again. */
async function imageOf({ facts }: VectorRecord): Promise<IndexedImage> {
  const path = facts.path as string;
  if (typeof facts.size === "number" && typeof facts.modified === "number") {
    return { path, size: facts.size, modified: facts.modified };
  }
  const found = await Deno.stat(path).catch(() => undefined);
  return { path, size: found?.size ?? 0, modified: found?.mtime?.getTime() ?? 0 };
}
