/** What a page searches: the index in this thread, the model in a worker. */
import { InputError } from "../errors.ts";
import type { IndexedImage, IndexMatch, VectorStore } from "../retrieval/index/store.ts";
import type { Variant } from "../systems/variants.ts";
import { WorkerCalls } from "../worker_calls.ts";
import type { EmbeddedQuery, ModelAnswer, ModelOrder, PageQuery, QueryKind } from "./model_worker.ts";
import { Queue } from "./queue.ts";

/** What a query found. */
export interface PageAnswer {
  kind: QueryKind;
  /** Of speech, if the model reads words. */
  transcript?: string;
  /** The most similar images, best first. */
  matches: IndexMatch[];
}

/** Finds images. Close it with `await using`. */
export interface Searcher extends AsyncDisposable {
  /** What the model reads of a recording. */
  readonly variant: Variant;
  /** The number of images. */
  count(): Promise<number>;
  /** The lowest folder that all images are below; undefined without images. */
  folder(): Promise<string | undefined>;
  /**
   * Finds the images most similar to a query.
   *
   * @throws {InputError} if the query cannot be read; {QueueFull} if too many queries wait; the signal's reason.
   */
  search(query: PageQuery, top: number, signal: AbortSignal): Promise<PageAnswer>;
  /** The image of a match. */
  image(id: number): Promise<IndexedImage | undefined>;
}

/** Queries that may wait for the model. */
const WAITING = 16;

/**
 * Loads the model of an index in a worker. The searcher closes the index.
 *
 * @throws {InputError} if the model cannot be loaded, or has changed since the images were embedded.
 */
export async function openSearcher(store: VectorStore): Promise<Searcher> {
  const model = new WorkerCalls<ModelOrder, ModelAnswer>(import.meta.resolve("./model_worker.ts"));
  const queue = new Queue(1, WAITING);
  const close = async (): Promise<void> => {
    await Promise.all([model.ask("stop").catch(() => {}), store.close()]);
    model.end();
  };
  try {
    const { variant, fingerprint } = await model.ask({ load: store.facts.source }) as {
      variant: Variant;
      fingerprint: string;
    };
    if (fingerprint !== store.facts.model) {
      throw new InputError(
        "Cannot search the index as its model has changed since the images were embedded: index them again with --replace, " +
          "or bring the model's former files back.",
      );
    }
    queue.run(() => model.ask("warm up"), new AbortController().signal).catch(() => {}); // the first query says why
    return {
      variant,
      count: () => store.count(),
      folder: () => store.folder(),
      image: (id) => store.image(id),
      async search(query, top, signal) {
        const { row, ...found } = await queue.run(() => model.ask({ query }), signal) as EmbeddedQuery;
        return { ...found, matches: await store.search(row, { top }) };
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
