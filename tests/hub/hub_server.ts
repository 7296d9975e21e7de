/** A server with the URL layout of the Hugging Face hub: its API, its redirects, its checksums. */
import { createHash } from "node:crypto";
import { type Fault, type FileServer, type Seen, serveFiles } from "./file_server.ts";

/** One version of a repository. */
export interface Version {
  commit: string;
  files: Record<string, Uint8Array>;
}

/** A repository. */
export interface Repository {
  /** Versions by revision: `main`, `refs/pr/2`. */
  versions: Record<string, Version>;
  discussions?: { num: number; title: string; status: string; isPullRequest: boolean; author: { name: string } }[];
  /** The token that opens it. Default: none is needed. */
  token?: string;
}

/** A running hub; large files lie on a second server, as on the real one. */
export interface HubServer extends AsyncDisposable {
  /** Its address, for `HF_ENDPOINT`. */
  address: string;
  /** What the hub was asked for. */
  seen: Seen[];
  /** What the second server was asked for. */
  store: FileServer;
  /** Faults of files by `COMMIT/PATH`, wherever the file lies. */
  fault(place: string, ...faults: Fault[]): void;
}

/** Entries of a listing's page: few, so that there are several. */
const PAGE = 4;

/** Starts a hub. */
export function serveHub(repositories: Record<string, Repository>): HubServer {
  const small: Record<string, Uint8Array> = {};
  const large: Record<string, Uint8Array> = {};
  const places = new Map<string, { server: "hub" | "store"; path: string }>();
  for (const [id, { versions }] of Object.entries(repositories)) {
    for (const { commit, files } of Object.values(versions)) {
      for (const [path, bytes] of Object.entries(files)) {
        const server = isLarge(path) ? "store" : "hub";
        const place = server === "store" ? `/blobs/${commit}/${path}` : `/${id}/resolve/${commit}/${path}`;
        (server === "store" ? large : small)[place] = bytes;
        places.set(`${commit}/${path}`, { server, path: place });
      }
    }
  }
  const store = serveFiles(large);
  const hub: FileServer = serveFiles(small, {
    before: (request, path) =>
      before(request, path, { repositories, store: store.address, address: () => hub.address }),
  });
  return {
    address: hub.address,
    seen: hub.seen,
    store,
    fault(place, ...faults): void {
      const { server, path } = places.get(place)!;
      (server === "store" ? store : hub).faults.set(path, faults);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await hub[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

function before(
  request: Request,
  path: string,
  { repositories, store, address }: { repositories: Record<string, Repository>; store: string; address: () => string },
): Response | undefined {
  const [, id, api, rest] =
    /^\/(?:api\/models\/)?([^/]+\/[^/]+)\/(revision|tree|discussions|resolve)\/?(.*)$/.exec(path) ??
      [];
  const repository = repositories[id ?? ""];
  if (repository === undefined) return json({ error: "Repository not found" }, 404);
  if (repository.token !== undefined && request.headers.get("authorization") !== `Bearer ${repository.token}`) {
    return json({ error: "Invalid username or password." }, 401);
  }
  if (api === "discussions") {
    const page = new URL(request.url).searchParams.get("p");
    return json({ discussions: page === "0" ? repository.discussions ?? [] : [], count: 1, start: 0 });
  }
  if (api === "revision") {
    const version = repository.versions[rest as string];
    return version === undefined ? json({ error: "Invalid rev id" }, 404) : json(infoOf(id as string, version));
  }
  if (api === "tree") {
    return tree(
      request,
      Object.values(repository.versions).find(({ commit }) => commit === rest)!,
      address(),
    );
  }
  const [commit, ...parts] = (rest as string).split("/");
  const file = parts.join("/");
  const bytes = Object.values(repository.versions).find((version) => version.commit === commit)?.files[file];
  if (bytes === undefined || !isLarge(file)) return undefined;
  const headers = {
    "x-linked-etag": `"${sha256(bytes)}"`,
    "x-linked-size": String(bytes.length),
    "x-repo-commit": commit!,
  };
  return new Response(null, { status: 302, headers: { ...headers, location: `${store}/blobs/${commit}/${file}` } });
}

function infoOf(id: string, { commit }: Version): Record<string, unknown> {
  return {
    _id: "0123456789",
    id,
    sha: commit,
    private: false,
    gated: false,
    downloads: 1,
    likes: 1,
    lastModified: "2026-01-01",
  };
}

function tree(request: Request, { files }: Version, address: string): Response {
  const entries = Object.entries(files).map(([path, bytes]) => ({
    type: "file",
    path,
    size: bytes.length,
    oid: isLarge(path) ? sha1(new TextEncoder().encode("pointer")) : blobName(bytes),
    ...(isLarge(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
  }));
  const folders = [
    ...new Set(Object.keys(files).filter((path) => path.includes("/")).map((path) => path.split("/")[0])),
  ];
  const all = [...folders.map((path) => ({ type: "directory", path, size: 0, oid: "0".repeat(40) })), ...entries];
  const url = new URL(request.url);
  const start = Number(url.searchParams.get("cursor") ?? 0);
  url.searchParams.set("cursor", String(start + PAGE));
  const next: Record<string, string> = start + PAGE < all.length
    ? { link: `<${address}${url.pathname}${url.search}>; rel="next"` }
    : {};
  return json(all.slice(start, start + PAGE), 200, next);
}

/** The name of a file among git's blobs. */
export function blobName(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The SHA-256, the name of large files. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

function isLarge(path: string): boolean {
  return /\.(onnx|safetensors|bin|msgpack|h5)$/.test(path);
}

function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } });
}

/** All files of a folder by their paths. */
export async function filesOf(folder: string, under = ""): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${under}`)) {
    if (isDirectory) Object.assign(files, await filesOf(folder, `${under}${name}/`));
    else files[`${under}${name}`] = await Deno.readFile(`${folder}/${under}${name}`);
  }
  return files;
}

/** Runs with variables set (or unset), and puts them back. */
export async function withVariables(
  values: Record<string, string | undefined>,
  use: () => Promise<void>,
): Promise<void> {
  const old = Object.keys(values).map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value: string | undefined): void =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  for (const [name, value] of Object.entries(values)) set(name, value);
  try {
    await use();
  } finally {
    for (const [name, value] of old) set(name, value);
  }
}

/** The variables that lead to a cache of one's own, and nowhere else. */
export function cacheIn(folder: string): Record<string, string | undefined> {
  return {
    HF_HOME: folder,
    HF_HUB_CACHE: undefined,
    HUGGINGFACE_HUB_CACHE: undefined,
    HF_TOKEN: undefined,
    HUGGING_FACE_HUB_TOKEN: undefined,
    HF_TOKEN_PATH: undefined,
    HF_HUB_OFFLINE: undefined,
    HF_ENDPOINT: undefined,
  };
}
