/** Downloads a published model into the standard Hugging Face cache, which other programs share. */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { exists, readJson } from "../files/read.ts";
import { checkSpace, linkBlob, repositoryFolder } from "./cache.ts";
import {
  authorization,
  conversionOf,
  fileUrl,
  type Hub,
  type HubFile,
  type HubRepository,
  openRepository,
} from "./hub_api.ts";
import { MODEL_PRESETS, type ModelKind, modelPreset, wantedFiles } from "./models.ts";
import type { RetryOptions } from "./retry.ts";
import { transfer } from "./transfer.ts";

interface DownloadOptions extends RetryOptions {
  /** A tag, a commit or `refs/pr/N`. Default `main`. */
  revision?: string | undefined;
  /** Checks the model's `config.json` before anything large is fetched. An error ends the download. */
  check?: ((kind: ModelKind, config: unknown, source: string) => void) | undefined;
  /** Called once before the first transfer, with the total in bytes and the bytes that exist. */
  begin?: ((total: number, done: number) => void) | undefined;
  /** Called with the number of bytes so far. */
  progress?: ((done: number, file: string) => void) | undefined;
}

interface DownloadedModel {
  /** The snapshot in the cache. */
  folder: string;
  kind: ModelKind;
  id: string;
  /** The requested version, or `refs/pr/N` if the weights are those of a conversion. */
  revision: string;
  /** The hash of the commit. */
  commit: string;
  /** Size of all files. */
  bytes: number;
  /** Files that were fetched now. */
  fetched: string[];
}

/**
 * Fetches the files of a CLIP or Whisper repository that BrewCLIP needs (see {@link wantedFiles}). Existing files are not
 * fetched again, and broken transfers are continued. Each file is verified with the hub's checksum before it gets its name.
 * The ref is written last, so that it never names an incomplete model.
 *
 * @param name a preset's name or a hub id, `ORGANISATION/NAME`
 * @throws {InputError} if the hub has no such model, it is neither a CLIP nor a Whisper, required files are not published,
 * the disk is too small, or a transfer fails.
 * @throws the signal's reason, if it was aborted; the same call continues.
 */
export async function downloadModel(name: string, hub: Hub, options: DownloadOptions = {}): Promise<DownloadedModel> {
  const id = modelPreset(name)?.id ?? name;
  if (options.revision !== undefined && !/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(options.revision)) {
    throw new InputError(`Cannot fetch '${id}' at '${options.revision}': expected a tag, a commit or refs/pr/N.`);
  }
  const first = await openRepository(hub, id, options.revision ?? "main", options);
  const { kind, fetched } = await kindOf(hub, first, options);
  const { repository, files } = await completeVersion(hub, first, kind, options);

  const folder = repositoryFolder(id);
  const snapshot = join(folder, "snapshots", repository.commit);
  const missing: HubFile[] = [];
  for (const file of files) if (!await exists(join(folder, "blobs", file.etag))) missing.push(file);
  const sum = (some: readonly HubFile[]): number => some.reduce((bytes, { size }) => bytes + size, 0);
  const total = sum(files);
  let done = total - sum(missing);
  await checkSpace(folder, missing);
  options.begin?.(total, done);
  for (const file of missing) {
    await fetchBlob(hub, repository, file, {
      ...options,
      progress: (bytes) => options.progress?.(done + bytes, file.path),
    });
    done += file.size;
    options.progress?.(done, file.path);
  }
  for (const file of files) await linkBlob(folder, snapshot, file);
  if (repository.revision !== repository.commit) {
    await writeAtomic(join(folder, "refs", ...repository.revision.split("/")), repository.commit);
  }
  const { revision, commit } = repository;
  return {
    folder: snapshot,
    kind,
    id,
    revision,
    commit,
    bytes: total,
    fetched: [...fetched, ...missing.map(({ path }) => path)],
  };
}

/** Reads the type of the model from the repository's `config.json`. */
async function kindOf(
  hub: Hub,
  repository: HubRepository,
  options: DownloadOptions,
): Promise<{ kind: ModelKind; fetched: string[] }> {
  const { id } = repository;
  const file = repository.files.find(({ path }) => path === "config.json");
  if (file === undefined) {
    throw new InputError(
      `Cannot use '${id}' as its repository has no config.json: expected a CLIP or a Whisper model.`,
    );
  }
  const blob = join(repositoryFolder(id), "blobs", file.etag);
  const fetched = await exists(blob) ? [] : [file.path];
  await fetchBlob(hub, repository, file, { ...options, progress: undefined });
  const config = await readJson(blob);
  const type = (config as { model_type?: unknown } | null)?.model_type;
  if (type !== "clip" && type !== "whisper") {
    throw new InputError(
      `Cannot use '${id}' as its model_type is ${JSON.stringify(type)?.slice(0, 80)}: expected "clip" or "whisper".`,
    );
  }
  options.check?.(type, config, `${id}/config.json`);
  return { kind: type, fetched };
}

/** Finds the version with all files. For a CLIP without `model.safetensors` this is the hub's conversion. */
async function completeVersion(
  hub: Hub,
  first: HubRepository,
  kind: ModelKind,
  options: DownloadOptions,
): Promise<{ repository: HubRepository; files: HubFile[] }> {
  let repository = first;
  let { files, missing } = wantedFiles(kind, first.files.map(({ path }) => path));
  const convertible = kind === "clip" && missing.join() === "model.safetensors" && options.revision === undefined;
  if (convertible) {
    const ref = await conversionOf(hub, first.id, options) ?? modelPreset(first.id)?.conversion;
    if (ref !== undefined) {
      options.tell?.(`'${first.id}' has no model.safetensors; taking the hub's conversion of its weights, ${ref}`);
      repository = await openRepository(hub, first.id, ref, options);
      ({ files, missing } = wantedFiles(kind, repository.files.map(({ path }) => path)));
    }
  }
  if (missing.length > 0) {
    throw new InputError(
      `Cannot use '${first.id}' as its repository has no ${missing.join(", ")}. ${remedy(kind, first.id)}`,
    );
  }
  return {
    repository,
    files: repository.files.filter(({ path }) => files.includes(path)).sort((a, b) => a.size - b.size),
  };
}

function remedy(kind: ModelKind, id: string): string {
  if (kind === "whisper") {
    const names = MODEL_PRESETS.filter((preset) => preset.kind === kind).map(({ name }) => name);
    return `Take one with ONNX files: ${names.join(", ")}, or an id of 'onnx-community' or 'Xenova'.`;
  }
  return `Convert it with Python's transformers (CLIPModel.from_pretrained('${id}').save_pretrained('FOLDER'), and the ` +
    `same with CLIPTokenizerFast) and give the folder.`;
}

async function fetchBlob(
  hub: Hub,
  { id, commit }: HubRepository,
  { path, size, etag, checksum }: HubFile,
  options: RetryOptions & { progress?: ((bytes: number) => void) | undefined },
): Promise<void> {
  const url = fileUrl(hub, id, commit, path);
  const file = join(repositoryFolder(id), "blobs", etag);
  await transfer({ url, file, size, checksum, headers: authorization(hub) }, options);
}
