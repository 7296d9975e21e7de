/** An index of images: embeds each image once, and finds images by text, speech, image or vector. */
import { InputError } from "../../errors.ts";
import { lazily } from "../../lazily.ts";
import type { WhisperModel } from "../../whisper/whisper.ts";
import type { RetrievalModel } from "../load_brewclip.ts";
import { WhisperThread } from "../whisper_thread.ts";
import { openFolder, openServer } from "./sql.ts";
import { type IndexedImage, type IndexFacts, type IndexMatch, type SearchOptions, VectorStore } from "./store.ts";
import { type Added, type AddOptions, updateFolder } from "./update.ts";

/** A query: a text, a recording (a file, or 16 kHz mono samples), an image (a file, or the bytes of one), or a row of
 * embeddings. */
export type Query =
  | string
  | { text: string }
  | { audio: string | Float32Array }
  | { image: string | { name: string; bytes: Uint8Array } }
  | { embedding: Float32Array };

/** What a query found. */
export interface Found {
  /** The transcript of a recording, if the model's variant reads words. */
  transcript?: string;
  /** The most similar images, best first. */
  matches: IndexMatch[];
}

/** How to open an index. */
export interface OpenIndexOptions {
  /** The name of the index in a database. Default `"images"`. */
  name?: string;
  /**
   * The model that embeds images and queries; the caller disposes of it. Default the model that made the index, loaded from
   * where it was. A new index needs it.
   */
  model?: RetrievalModel;
  /** Removes the vectors of another model. Default false: they are an error. */
  replace?: boolean;
  /**
   * Whether the first query is a recording: without `model`, Whisper is then loaded at once, in a thread of its own. Default
   * false: it is loaded with the first recording, in this thread.
   */
  speech?: boolean;
}

/** An open index. Close it with `close` or `await using`. */
export interface ImageIndex extends AsyncDisposable {
  /** The model of its vectors. */
  readonly model: RetrievalModel;
  /** The number of images. */
  count(): Promise<number>;
  /**
   * Makes the index equal to the images in folders and their subfolders: new and changed images are embedded, vanished ones
   * are removed. Images of other folders stay. If it is stopped or killed, the next call continues.
   *
   * @throws {InputError} if a folder is missing, or has no image any more but had some; the signal's reason.
   */
  add(folders: string | readonly string[], options?: AddOptions): Promise<Added>;
  /**
   * Finds the images most similar to a query. A text is embedded by the text branch; a recording by what the model's variant
   * reads, see {@link RetrievalModel.embedAudio}.
   *
   * @throws {InputError} if the query cannot be read or an option is out of range.
   */
  search(query: Query, options?: SearchOptions): Promise<Found>;
  /** The image of a match's `id`; undefined if it is not in the index any more. */
  image(id: number): Promise<IndexedImage | undefined>;
  /** Closes the database. A model that was loaded by {@link openIndex} is disposed. */
  close(): Promise<void>;
}

/**
 * Opens an index, or creates it if a model is given.
 *
 * @param place a folder, such as `runs/index/photos`, or the address of a PostgreSQL server, `postgres://user@host/database`
 * @throws {InputError} if it does not exist and no model is given, it belongs to another model, another process has its
 * folder open, or the database has no pgvector.
 */
export async function openIndex(place: string, options: OpenIndexOptions = {}): Promise<ImageIndex> {
  const { name = "images", model, replace = false, speech = false } = options;
  await using owned = new AsyncDisposableStack(); // of the index, or disposed here after an error
  const thread = speech && model === undefined ? owned.use(new WhisperThread()) : undefined;
  const store = await openStore(place, { name, facts: model && factsOf(model), replace });
  owned.defer(() => store.close());
  const loaded = model ?? owned.use(await loadModel(store.facts.source, thread?.open(store.facts.source)));
  if (loaded.fingerprint !== store.facts.model) {
    throw new InputError(
      `Cannot search ${place} as its model has changed since the images were embedded: index them again with --replace, ` +
        "or bring the model's former files back.",
    );
  }
  return indexOf(store, loaded, owned.move());
}

/** Loads a model and, only now that a thread can load its Whisper meanwhile, the modules for it. */
async function loadModel(source: IndexFacts["source"], whisper?: Promise<WhisperModel>): Promise<RetrievalModel> {
  whisper?.catch(() => {}); // thrown when the model is opened
  const { loadBrewClip } = await lazily<typeof import("../load_brewclip.ts")>("../load_brewclip.ts", import.meta.url);
  return await loadBrewClip(source, {}, whisper);
}

/** Opens the vectors of an index without a model. */
export async function openStore(
  place: string,
  { name = "images", facts, replace = false }: { name?: string; facts?: IndexFacts | undefined; replace?: boolean } =
    {},
): Promise<VectorStore> {
  const sql = /^postgres(ql)?:/.test(place)
    ? await openServer(place)
    : await openFolder(place, { create: facts !== undefined });
  try {
    return await VectorStore.open(sql, name, facts, replace);
  } catch (error) {
    await sql.close();
    throw error;
  }
}

/** What an index has to know about a model. */
function factsOf({ fingerprint, width, source }: RetrievalModel): IndexFacts {
  return { model: fingerprint, width, source };
}

/** The index of an open store. Closing it disposes of what it owns. */
export function indexOf(store: VectorStore, model: RetrievalModel, owned?: AsyncDisposable): ImageIndex {
  let closed: PromiseLike<void> | undefined;
  const close = async () => await (closed ??= owned?.[Symbol.asyncDispose]());
  return {
    model,
    count: () => store.count(),
    async add(folders, options = {}) {
      const all: Added = { embedded: 0, unchanged: 0, removed: 0, skipped: [], others: new Map() };
      await using _lock = await store.lock();
      for (const folder of [folders].flat()) await updateFolder(store, model, folder, all, options);
      await store.buildGraph(options.onGraph);
      return all;
    },
    async search(query, options) {
      const { row, transcript } = await embedQuery(model, query);
      const matches = await store.search(row, options);
      return { ...(transcript === undefined ? {} : { transcript }), matches };
    },
    image: (id) => store.image(id),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Embeds a query: its row `[D]`, and the transcript of a recording. */
export async function embedQuery(
  model: RetrievalModel,
  query: Query,
): Promise<{ row: Float32Array; transcript?: string }> {
  const asked = typeof query === "string" ? { text: query } : query;
  if ("embedding" in asked) return { row: asked.embedding };
  if ("image" in asked) return { row: (await model.embedImages([asked.image])).data };
  if ("text" in asked) {
    if (asked.text.trim() === "") throw new InputError("Cannot search as the text is empty: expected some words.");
    return { row: (await model.embedText([asked.text])).data };
  }
  let transcript: string | undefined;
  const { data } = await model.embedAudio([asked.audio], { onTranscript: (_, text) => transcript = text });
  return { row: data, ...(transcript === undefined ? {} : { transcript }) };
}
