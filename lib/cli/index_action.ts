/** What `index` does, loaded when it is asked for. */
import { resolve } from "@std/path";
import { InputError } from "../errors.ts";
import type { PartProgress, Report, Watch } from "../experiments/report.ts";
import { duplicateGroups } from "../retrieval/index/duplicates.ts";
import { importVectors } from "../retrieval/index/import.ts";
import { type ImageIndex, indexOf, openStore } from "../retrieval/index/open_index.ts";
import { MissingIndex } from "../retrieval/index/sql.ts";
import { describeSource, type VectorStore } from "../retrieval/index/store.ts";
import type { Added } from "../retrieval/index/update.ts";
import { vectorFormat, type VectorRecord, writeVectors } from "../retrieval/index/vector_files.ts";
import { loadBrewClip, type RetrievalModel } from "../retrieval/load_brewclip.ts";
import { holdFile } from "../files/lock.ts";
import { useBackend } from "../runtime/backend.ts";
import { mayWrite } from "../training/run_folder.ts";
import { indexPlace } from "./index_place.ts";
import { bundledModel, namedModel } from "./named_model.ts";
import { consoleReport } from "./progress.ts";
import { onInterrupt } from "./interrupt.ts";
import type { IndexOptions } from "./search.ts";

/** Similarity of near-duplicates. */
const DUPLICATES = 0.97;

/**
 * Changes an index, then writes what was asked of it.
 *
 * @throws {InputError} if an option, a folder, the model or the database is at fault.
 */
export async function indexFromOptions(options: IndexOptions): Promise<void> {
  const report = consoleReport();
  const folders = [options.images ?? []].flat(), forgotten = [options.forget ?? []].flat();
  const needsModel = folders.length > 0 || options.import !== undefined;
  if (!needsModel && forgotten.length === 0 && options.export === undefined && options.duplicates === undefined) {
    throw new InputError(
      "Cannot index as nothing is asked for: give --images, --import, --forget, --export or --duplicates.",
    );
  }
  if (options.export !== undefined) {
    vectorFormat(options.export);
    await mayWrite(options.export);
  }
  await using _lock = options.export === undefined ? undefined : await holdFile(options.export);
  const signal = onInterrupt(() => report.line("stopping: what was embedded is stored (again Ctrl-C: stop at once)"));
  const watch = { report, signal };
  const { place, name } = indexPlace(options);
  await using model = needsModel ? await modelOf(options, report) : undefined;
  const facts = model && { model: model.fingerprint, width: model.width, source: model.source };
  const store = await openStore(place, { name, facts, replace: options.replace });
  try {
    for (const folder of forgotten) {
      const images = await store.images(resolve(folder));
      await store.remove(images.map(({ path }) => path));
      report.line(`${images.length} images of '${folder}' removed from the index`);
    }
    if (model !== undefined) {
      const index = indexOf(store, model);
      if (folders.length > 0) await addFolders(index, folders, watch);
      if (options.import !== undefined) await importFile(store, model, options.import, watch);
    }
    report.line(
      `${await store.count()} images in the index '${options.index}', embedded by ${
        describeSource(store.facts.source)
      }`,
    );
    if (options.export !== undefined) {
      const pages = records(store, watch);
      report.line(`written: ${(await writeVectors(options.export, store.facts.width, pages)).join(", ")}`);
    }
    if (options.duplicates !== undefined) {
      await listDuplicates(store, options.duplicates === true ? DUPLICATES : options.duplicates, options, watch);
    }
  } finally {
    await store.close();
  }
}

/** The model of the options, or that of the index, or the bundled one for a new index. */
async function modelOf(options: IndexOptions, report: Report): Promise<RetrievalModel> {
  const named = await namedModel(options);
  if (named !== undefined) return named;
  const { place, name } = indexPlace(options);
  try {
    const store = await openStore(place, { name });
    await store.close();
    return await loadBrewClip(store.facts.source);
  } catch (error) {
    if (error instanceof MissingIndex) return await bundledModel(report);
    throw error;
  }
}

async function addFolders(index: ImageIndex, folders: readonly string[], { report, signal }: Watch): Promise<void> {
  let shown: PartProgress | undefined, last = "";
  const all = await index.add(folders, {
    signal,
    progress(done, total) {
      if (done === 0) {
        shown?.stop();
        if (total > 0) report.line(`${total} new or changed images`);
        shown = total === 0 ? undefined : report.progress("embedding", total, "image");
      } else shown?.update(done);
    },
    onSkipped: ({ reason }) => (shown ?? report).line(last = `skipped: ${reason}`),
    onGraph(images) {
      shown?.stop();
      report.line(
        `preparing the search of ${images} images, which takes minutes; if it is stopped, the same command does it`,
      );
    },
  }).finally(() => shown?.stop());
  if (last !== "") report.line(`${all.skipped.length} files skipped`);
  report.line(summary(all));
}

function summary({ embedded, unchanged, removed, others }: Added): string {
  const endings = [...others].sort((a, b) => b[1] - a[1]).map(([ending, count]) => `${count} ${ending}`);
  const rest = endings.length === 0
    ? ""
    : `; not read, as they are no images by their ending: ${endings.slice(0, 8).join(", ")}`;
  return `${embedded} images embedded, ${unchanged} unchanged, ${removed} removed${rest}`;
}

async function importFile(
  store: VectorStore,
  model: RetrievalModel,
  file: string,
  { report, signal }: Watch,
): Promise<void> {
  await using _lock = await store.lock();
  const { vectors, checked } = await importVectors(store, model, file, signal);
  const how = checked === 0
    ? "none of the images is there, so that the model could not be checked"
    : `${checked} of them were embedded again, and agree`;
  report.line(`${vectors} vectors imported; ${how}`);
  await store.buildGraph((images) => report.line(`preparing the search of ${images} images, which takes minutes`));
}

async function* records(store: VectorStore, { report, signal }: Watch): AsyncGenerator<VectorRecord[]> {
  const total = await store.count();
  const shown = report.progress("exporting", total, "image");
  let done = 0;
  try {
    for await (const page of store.pages()) {
      signal?.throwIfAborted();
      yield page.map(({ vector, ...facts }) => ({ facts: { ...facts, model: store.facts.model }, vector }));
      shown.update(done += page.length);
    }
  } finally {
    shown.stop();
  }
}

async function listDuplicates(
  store: VectorStore,
  least: number,
  { json }: Pick<IndexOptions, "json">,
  { report, signal }: Watch,
): Promise<void> {
  await useBackend("auto");
  const paths: string[] = [];
  const { width } = store.facts;
  const data = new Float32Array(await store.count() * width);
  for await (const page of store.pages()) {
    for (const { path, vector } of page) {
      data.set(vector, paths.length * width);
      paths.push(path);
    }
  }
  const shown = report.progress("comparing", paths.length, "image");
  const groups = await duplicateGroups({ data, shape: [paths.length, width] }, {
    least,
    progress: (done) => shown.update(done),
    signal,
  }).finally(() => shown.stop());
  const named = groups.map((group) => group.map(({ index, score }) => ({ path: paths[index]!, score })));
  if (json) return console.log(JSON.stringify(named, undefined, 2));
  for (const group of named) {
    console.log(group.map(({ path, score }) => `${score.toFixed(3)}  ${path}`).join("\n") + "\n");
  }
  const images = groups.reduce((sum, { length }) => sum + length, 0);
  report.line(`${groups.length} groups of images that are at least ${least} similar, ${images} images in all`);
}
