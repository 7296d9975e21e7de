/**
 * The standard Hugging Face cache, as `huggingface_hub` and `transformers` lay it out:
 * `models--ORG--NAME/{blobs/ETAG, refs/REVISION, snapshots/COMMIT/FILE -> ../../blobs/ETAG}`.
 */
import { dirname, join } from "@std/path";
import { InputError } from "../errors.ts";
import { formatBytes, freeSpace } from "../files/disk.ts";
import { exists, isAbsence } from "../files/read.ts";
import type { HubFile } from "./hub_api.ts";

export const COMMIT = /^[0-9a-f]{40}$/;

/** Hugging Face's folder: `HF_HOME`, default `~/.cache/huggingface` (`XDG_CACHE_HOME` is respected). */
export function hubHome(): string {
  const own = variable("HF_HOME");
  if (own !== undefined) return expand(own);
  return join(expand(variable("XDG_CACHE_HOME") ?? "~/.cache"), "huggingface");
}

/** The folder of the cached repositories: `HF_HUB_CACHE` or `HUGGINGFACE_HUB_CACHE`, default `hub` in {@link hubHome}. */
export function hubCache(): string {
  const own = variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE");
  return own === undefined ? join(hubHome(), "hub") : expand(own);
}

/** The folder of one model in the cache. */
export function repositoryFolder(id: string): string {
  return join(hubCache(), `models--${id.replaceAll("/", "--")}`);
}

/**
 * The snapshots of a model in the cache: that of `main`, then those of other refs such as `refs/pr/15`, then the rest by
 * name.
 *
 * @param folder a model's folder in the cache; it may be missing
 */
export async function snapshotsOf(folder: string): Promise<string[]> {
  const commits: string[] = [];
  for (const ref of await refsUnder(join(folder, "refs"))) {
    const commit = (await Deno.readTextFile(ref).catch(() => "")).trim(); // "" for a broken link
    if (COMMIT.test(commit)) commits.push(commit);
  }
  const snapshots = (await list(join(folder, "snapshots"))).filter((entry) => entry.isDirectory);
  const names = snapshots.map(({ name }) => name).sort();
  const known = [...new Set(commits)].filter((commit) => names.includes(commit));
  return [...known, ...names.filter((name) => !known.includes(name))].map((name) => join(folder, "snapshots", name));
}

/** The files under `refs/`, `main` first. */
async function refsUnder(folder: string): Promise<string[]> {
  const paths: string[] = [];
  const entries = (await list(folder)).sort((a, b) =>
    Number(b.name === "main") - Number(a.name === "main") || (a.name < b.name ? -1 : 1)
  );
  for (const { name, isDirectory } of entries) {
    const path = join(folder, name);
    paths.push(...(isDirectory ? await refsUnder(path) : [path]));
  }
  return paths;
}

async function list(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function variable(name: string): string | undefined {
  const value = Deno.env.get(name);
  return value === undefined || value === "" ? undefined : value;
}

/** Replaces a leading `~` by the user's home folder. */
function expand(path: string): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  return join(variable("HOME") ?? variable("USERPROFILE") ?? ".", path.slice(1));
}

/**
 * Adds a file to a snapshot: a relative link to its blob, as other programs create it.
 *
 * @param folder the model's folder in the cache
 * @param snapshot the folder of its commit
 */
export async function linkBlob(folder: string, snapshot: string, { path, etag }: HubFile): Promise<void> {
  const place = join(snapshot, path);
  if (await exists(place)) return;
  await Deno.mkdir(dirname(place), { recursive: true });
  await Deno.remove(place).catch(() => {}); // a broken link
  const up = "../".repeat(path.split("/").length + 1);
  try {
    await Deno.symlink(`${up}blobs/${etag}`, place, { type: "file" });
  } catch (error) {
    if (Deno.build.os !== "windows") throw error;
    await Deno.copyFile(join(folder, "blobs", etag), place); // Windows allows links to developers only
  }
}

/**
 * Checks that the disk has space for what is missing of the files.
 *
 * @throws {InputError} if it has not.
 */
export async function checkSpace(folder: string, files: readonly HubFile[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const bytes = files.reduce((sum, { size }) => sum + size, 0) - await bytesOfParts(folder, files);
  const free = await freeSpace(folder);
  if (free === undefined || free >= bytes) return;
  throw new InputError(
    `Cannot fetch the model as '${folder}' needs ${formatBytes(bytes)} and has ${
      formatBytes(free)
    } of free disk space: ` +
      `free some, or name another folder in HF_HOME.`,
  );
}

async function bytesOfParts(folder: string, files: readonly HubFile[]): Promise<number> {
  let bytes = 0;
  for (const { etag } of files) {
    const part = join(folder, "blobs", `${etag}.incomplete`);
    if (await exists(part)) bytes += (await Deno.stat(part)).size;
  }
  return bytes;
}
