/** A searcher of given images, whose answer needs no model, and the real one of some images of the bundled sample. */
import { join } from "@std/path";
import { openIndex, openStore } from "../../lib/retrieval/index/open_index.ts";
import type { IndexedImage } from "../../lib/retrieval/index/store.ts";
import { loadBrewClip } from "../../lib/retrieval/load_brewclip.ts";
import type { PageQuery } from "../../lib/serve/model_worker.ts";
import { openSearcher, type Searcher } from "../../lib/serve/searcher.ts";
import { ROOT } from "../cli/run.ts";
import { SAMPLE_MODELS } from "../retrieval/sample_pairs.ts";

/** Finds all images for any query, after what is asked for. */
export function givenSearcher(
  folder: string,
  images: readonly IndexedImage[],
  search: (query: PageQuery, signal: AbortSignal) => Promise<unknown> = () => Promise.resolve(),
): Searcher {
  return {
    variant: "pip",
    count: () => Promise.resolve(images.length),
    folder: () => Promise.resolve(images.length === 0 ? undefined : folder),
    image: (id) => Promise.resolve(images[id]),
    async search(query, top, signal) {
      await search(query, signal);
      const matches = images.slice(0, top).map((image, id) => ({ ...image, id, score: 1 - id / 10 }));
      return { kind: "text" in query ? "text" : "image", matches };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** An image of an index as it is on the disk. */
export async function indexed(path: string): Promise<IndexedImage> {
  const { size, mtime } = await Deno.stat(path);
  return { path, size, modified: mtime!.getTime() };
}

const COCO = join(ROOT, "data/sample/coco");

/** Test images of the sample, with a recording and its words. */
export const SAMPLE: { image: string; recording: string; words: string }[] = JSON.parse(
  await Deno.readTextFile(join(COCO, "SpokenCOCO_val.json")),
).data.slice(0, 12).map(({ image, captions }: { image: string; captions: { wav: string; text: string }[] }) => ({
  image: join(COCO, image),
  recording: join(COCO, captions[0]!.wav),
  words: captions[0]!.text,
}));

/** Indexes copies `0.jpg`, `1.jpg`, ... of the sample's images in a folder, and opens the real searcher. */
export async function sampleSearcher(folder: string): Promise<Searcher> {
  const [place, images] = [join(folder, "index"), join(folder, "images")];
  await Deno.mkdir(images, { recursive: true });
  for (const [i, { image }] of SAMPLE.entries()) await Deno.copyFile(image, join(images, `${i}.jpg`));
  const { clip, whisper } = SAMPLE_MODELS;
  {
    await using model = await loadBrewClip({ clip: join(ROOT, clip), whisper: join(ROOT, whisper) });
    await using index = await openIndex(place, { model });
    await index.add(images);
  }
  return await openSearcher(await openStore(place));
}
