/** Queries the Hugging Face hub through its own library. */
import { HubApiError, listFiles, modelInfo } from "@huggingface/hub";
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { isAbsence } from "../files/read.ts";
import { COMMIT, hubHome } from "./cache.ts";
import type { Checksum } from "./transfer.ts";
import { HttpError, mayPass, reasonOf, retrying, type RetryOptions } from "./retry.ts";

export interface HubFile {
  /** Relative to the repository. */
  path: string;
  size: number;
  /** The name of its blob in the cache, from the hub's `ETag`: SHA-256 of large files, git's checksum of small ones. */
  etag: string;
  checksum: Checksum;
}

export interface HubRepository {
  /** `ORGANISATION/NAME`. */
  id: string;
  /** The requested version: `main`, a tag, a commit, or `refs/pr/N`. */
  revision: string;
  /** The hash of the commit. */
  commit: string;
  files: readonly HubFile[];
}

/** A hub and its user. */
export interface Hub {
  /** Address without a trailing slash. */
  endpoint: string;
  token: string | undefined;
}

/**
 * The hub of the environment: `HF_ENDPOINT` (default https://huggingface.co) and `HF_TOKEN` (or the token that
 * `hf auth login` stores).
 *
 * @throws {InputError} if `HF_HUB_OFFLINE` forbids the network, or `HF_ENDPOINT` is not an address.
 */
export async function hubOfEnvironment(): Promise<Hub> {
  if (/^(1|on|yes|true)$/i.test(Deno.env.get("HF_HUB_OFFLINE") ?? "")) {
    throw new InputError("Cannot ask the hub as HF_HUB_OFFLINE is set: unset it to fetch a model.");
  }
  const endpoint = (Deno.env.get("HF_ENDPOINT") || "https://huggingface.co").replace(/\/+$/, "");
  if (!/^https?:\/\/[^/\s]/.test(endpoint)) {
    throw new InputError(`Cannot ask the hub as HF_ENDPOINT must be an address with http(s)://: it is '${endpoint}'.`);
  }
  return { endpoint, token: await readToken() };
}

/** The address of a file at a commit. */
export function fileUrl({ endpoint }: Hub, id: string, commit: string, path: string): string {
  return `${endpoint}/${id}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The headers that identify the user. */
export function authorization({ token }: Hub): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/**
 * Lists a version of a repository.
 *
 * @throws {InputError} if the hub has no such repository, denies access, or does not answer.
 */
export async function openRepository(
  hub: Hub,
  id: string,
  revision: string,
  options: RetryOptions = {},
): Promise<HubRepository> {
  const asked = { hubUrl: hub.endpoint, fetch: fetchFrom(hub, options) };
  const wrong = (what: string) =>
    new InputError(`Cannot fetch '${id}' as ${hub.endpoint} ${what}: try again later, or another hub in HF_ENDPOINT.`);
  try {
    const { sha: commit } = await modelInfo({ ...asked, name: id, revision, additionalFields: ["sha"] });
    if (typeof commit !== "string" || !COMMIT.test(commit)) {
      throw wrong(`names no commit, but ${JSON.stringify(commit)?.slice(0, 80)}`);
    }
    const files: HubFile[] = [];
    for await (const entry of listFiles({ ...asked, repo: id, recursive: true, revision: commit })) {
      if (entry?.type !== "file") continue;
      const etag = entry.lfs?.oid ?? entry.oid ?? "";
      const size = entry.lfs?.size ?? entry.size;
      if (typeof entry.path !== "string" || typeof etag !== "string" || !Number.isSafeInteger(size) || size < 0) {
        throw wrong(`lists a file in a way that is not known: ${JSON.stringify(entry).slice(0, 200)}`);
      }
      if (!/^[0-9a-f]{40,64}$/.test(etag)) continue;
      const algorithm = entry.lfs === undefined ? "git" : "sha256";
      files.push({ path: entry.path, size, etag, checksum: { algorithm, digits: etag } });
    }
    return { id, revision, commit, files };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw failure(hub, id, revision, error);
  }
}

/**
 * Finds the open pull request of the hub's converter with `model.safetensors` for a repository that has none.
 *
 * @returns its ref, such as `refs/pr/15`
 */
export async function conversionOf(hub: Hub, id: string, options: RetryOptions = {}): Promise<string | undefined> {
  const ask = fetchFrom(hub, options);
  for (let page = 0; page < 20; page++) {
    const response = await ask(`${hub.endpoint}/api/models/${id}/discussions?p=${page}`);
    const body = response.ok ? await response.json().catch(() => undefined) : undefined;
    const discussions = (body as { discussions?: unknown } | null | undefined)?.discussions;
    if (!Array.isArray(discussions) || discussions.length === 0) return undefined;
    const found = (discussions as (Discussion | null)[]).find(isConversion);
    if (found) return `refs/pr/${found.num}`;
  }
  return undefined;
}

/** A discussion as the hub sends it, unchecked. */
interface Discussion {
  num?: unknown;
  title?: unknown;
  status?: unknown;
  isPullRequest?: unknown;
  author?: { name?: unknown } | null;
}

/** Whether this is the converter's pull request. Its number must be one, as it becomes part of a path. */
function isConversion(discussion: Discussion | null): boolean {
  const { num, title, status, isPullRequest, author } = discussion ?? {}, name = author?.name;
  return isPullRequest === true && status === "open" && Number.isSafeInteger(num) &&
    typeof title === "string" && /safetensors.*variant/i.test(title) &&
    typeof name === "string" && name.toLowerCase() === "sfconvertbot";
}

/** Limit for listings whose pages never end. */
const MAX_REQUESTS = 1000;

/** A fetch for the library that retries, and sends the token only to the hub. */
function fetchFrom(hub: Hub, options: RetryOptions): typeof fetch {
  let requests = 0;
  return (input, init) => {
    if (++requests > MAX_REQUESTS) {
      throw new InputError(`Cannot read the listing of ${hub.endpoint} as it has more than ${MAX_REQUESTS} pages.`);
    }
    const url = input instanceof Request ? input.url : String(input);
    const own = new URL(url).origin === new URL(hub.endpoint).origin;
    const headers = { ...init?.headers as Record<string, string>, ...(own ? authorization(hub) : {}) };
    return retrying(async () => {
      const response = await fetch(url, { ...init, headers, ...(options.signal ? { signal: options.signal } : {}) });
      if (!response.ok && mayPass(new HttpError(response.status, url))) {
        await response.body?.cancel();
        throw new HttpError(response.status, url);
      }
      return response;
    }, options);
  };
}

function failure({ endpoint, token }: Hub, id: string, revision: string, error: unknown): unknown {
  const status = error instanceof HubApiError
    ? error.statusCode
    : error instanceof HttpError
    ? error.status
    : undefined;
  const what = revision === "main" ? `'${id}'` : `'${id}' at '${revision}'`;
  if (status === 401 || status === 403 || status === 404) {
    const remedy = token === undefined
      ? "Check the name; a private or gated one needs HF_TOKEN"
      : "Check the name and HF_TOKEN";
    return new InputError(
      `Cannot fetch ${what} as ${endpoint} answers ${status}: there is no such repository, or no access to it. ${remedy}.`,
    );
  }
  if (status !== undefined) {
    return new InputError(`Cannot fetch ${what} as ${endpoint} answers ${status}: try again later.`);
  }
  if (error instanceof SyntaxError || error instanceof RangeError) { // no JSON, or lists too deep to become a text
    return new InputError(
      `Cannot fetch ${what} as ${endpoint} does not answer as a hub: ${error.message}. Check HF_ENDPOINT.`,
    );
  }
  if (error instanceof TypeError) {
    return new InputError(
      `Cannot fetch ${what} as ${endpoint} cannot be reached: ${
        reasonOf(error)
      }. Check the network, name a mirror in HF_ENDPOINT, or give a folder with the files instead of a name.`,
    );
  }
  return error;
}

async function readToken(): Promise<string | undefined> {
  const own = (Deno.env.get("HF_TOKEN") || Deno.env.get("HUGGING_FACE_HUB_TOKEN") || "").trim();
  if (own !== "") return own;
  try {
    const stored = await Deno.readTextFile(Deno.env.get("HF_TOKEN_PATH") || join(hubHome(), "token"));
    return stored.trim() || undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}
