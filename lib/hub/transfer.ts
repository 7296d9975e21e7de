/** Transfers a file over HTTP: resumes a broken transfer, verifies the checksum, and renames the complete file. */
import { dirname } from "@std/path";
import { createHash } from "node:crypto";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { exists } from "../files/read.ts";
import { BrokenOff, HttpError, reasonOf, retrying, type RetryOptions, succeeded } from "./retry.ts";

export interface Checksum {
  /** `"git"` is the SHA-1 of git's blob (length and content), which the hub uses for small files. */
  algorithm: "sha256" | "md5" | "git";
  /** Lower-case hexadecimal digits. */
  digits: string;
}

/** A partly fetched file. */
class PartFile implements AsyncDisposable {
  /** Bytes so far. */
  done = 0;
  /** The server's validator of the version of these bytes. */
  version: string | undefined;
  readonly #file: Deno.FsFile;
  #open = true;

  private constructor(readonly path: string, file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Opens the part of a file to continue it. Waits while another process fetches it.
   *
   * @param whole the path of the complete file
   * @returns undefined if the complete file exists
   */
  static async open(whole: string): Promise<PartFile | undefined> {
    const path = `${whole}.incomplete`;
    await Deno.mkdir(dirname(whole), { recursive: true });
    while (!await exists(whole)) {
      const file = await Deno.open(path, { read: true, write: true, create: true });
      await file.lock(true);
      const there = await Deno.lstat(path).catch(() => undefined);
      const { ino, size } = await file.stat();
      if (there === undefined || there.ino !== ino) { // another process has finished or dropped it
        file.close();
        continue;
      }
      const part = new PartFile(path, file);
      part.done = size;
      part.version = size > 0 ? await readIfThere(`${path}.version`) : undefined;
      await file.seek(0, Deno.SeekMode.End);
      return part;
    }
    return undefined;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) written += await this.#file.write(bytes.subarray(written));
    this.done += bytes.length;
  }

  async restart(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    this.done = 0;
    this.version = undefined;
  }

  /** Stores the version for a process that continues. */
  async setVersion(version: string | undefined): Promise<void> {
    if (version === this.version) return;
    this.version = version;
    if (version !== undefined) await writeAtomic(`${this.path}.version`, version);
  }

  async read(take: (bytes: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(2 ** 20);
    await this.#file.seek(0, Deno.SeekMode.Start);
    for (let read = await this.#file.read(buffer); read !== null; read = await this.#file.read(buffer)) {
      take(buffer.subarray(0, read));
    }
  }

  async finish(whole: string): Promise<void> {
    this.#open = false;
    await this.#file.syncData();
    await Deno.rename(this.path, whole);
    await Deno.remove(`${this.path}.version`).catch(() => {});
  }

  async drop(): Promise<void> {
    this.#open = false;
    for (const path of [this.path, `${this.path}.version`]) await Deno.remove(path).catch(() => {});
  }

  /** Closes the file, and removes an empty part. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open && this.done === 0) await this.drop();
    this.#file.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Files without a checksum of up to this many bytes are fetched anew rather than continued. */
const SMALL = 2 ** 20;

interface Transfer {
  url: string;
  /** Where the file goes. It is `FILE.incomplete` until it is complete. */
  file: string;
  size?: number | undefined;
  checksum?: Checksum | undefined;
  /** Headers of the request. A redirect to another host does not get `Authorization`. */
  headers?: Readonly<Record<string, string>> | undefined;
}

export interface TransferOptions extends RetryOptions {
  /** Called with the number of bytes so far, and the total if it is known. */
  progress?: ((done: number, total: number | undefined) => void) | undefined;
  /** Milliseconds without a byte after which a connection counts as broken. Default 60,000. */
  silence?: number | undefined;
}

/** A file could not be fetched. The same command continues with what arrived. */
export class TransferError extends InputError {
  /** The server's status, if it answered. */
  status: number | undefined;
}

/**
 * Fetches a file, unless it exists. The part of an earlier run is continued. Without a published checksum this requires
 * that the server confirms that the file is unchanged (`If-Range`).
 *
 * @returns size in bytes, and whether a checksum was verified now
 * @throws {TransferError} if the server has no such file, the connection fails repeatedly, or the file is not the
 * published one (it is then deleted).
 * @throws the signal's reason, if it was aborted.
 */
export async function transfer(
  wanted: Transfer,
  options: TransferOptions = {},
): Promise<{ bytes: number; checked: boolean }> {
  await using part = await PartFile.open(wanted.file);
  if (part === undefined) return { bytes: (await Deno.stat(wanted.file)).size, checked: false };
  for (let dropped = false;; dropped = true) {
    try {
      await retrying(() => fill(part, wanted, options), options, () => part.done);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw failure(wanted, error);
    }
    const wrong = await difference(part, wanted);
    if (wrong === undefined) break;
    if (dropped) {
      await part.drop();
      throw new TransferError(
        `Cannot use '${wanted.url}' as ${wrong}. It was fetched twice and deleted: try later, or another address.`,
      );
    }
    options.tell?.(`'${wanted.url}': ${wrong}; fetching it once more from its start`);
    await part.restart();
  }
  await part.finish(wanted.file);
  return { bytes: part.done, checked: wanted.checksum !== undefined };
}

/** Fetches the rest of a part. */
async function fill(part: PartFile, { url, size, checksum, headers }: Transfer, options: TransferOptions) {
  if (size !== undefined && part.done > size) await part.restart();
  if (part.done > 0 && checksum === undefined && part.version === undefined) await part.restart();
  options.progress?.(part.done, size);
  if (size !== undefined && part.done === size) return;
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = options.silence ?? 60_000;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new BrokenOff(`'${url}' has sent nothing for ${limit / 1000} s`)), limit);
  };
  alive();
  try {
    const range: Record<string, string> = part.done > 0 ? { range: `bytes=${part.done}-` } : {};
    if (part.done > 0 && checksum === undefined) range["if-range"] = part.version as string;
    const response = await succeededOrWhole(
      await fetch(url, {
        headers: { "accept-encoding": "identity", ...headers, ...range },
        signal: AbortSignal.any([silence.signal, ...(options.signal === undefined ? [] : [options.signal])]),
      }),
      part,
    );
    if (response === undefined) return;
    const from = response.status === 206 ? startOf(response) : 0;
    if (from !== part.done) await part.restart(); // the server sends the whole file
    const end = size ?? endOf(response);
    if (checksum === undefined && (end ?? Infinity) > SMALL) await part.setVersion(versionOf(response));
    for await (const bytes of response.body ?? []) {
      alive();
      await part.append(bytes);
      options.progress?.(part.done, end);
    }
    if (end !== undefined && part.done < end) throw new BrokenOff(`'${url}' broke off at ${part.done} of ${end} bytes`);
  } catch (error) {
    throw silence.signal.aborted ? silence.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The response, or undefined if the server says that the part is complete. */
async function succeededOrWhole(response: Response, part: PartFile): Promise<Response | undefined> {
  if (response.status !== 416) return await succeeded(response);
  await response.body?.cancel();
  const total = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? NaN);
  if (total === part.done) return undefined;
  await part.restart();
  throw new BrokenOff(`'${response.url}' is shorter than its part`);
}

function startOf(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? NaN);
}

/** Size of the complete file, if the response has it. */
function endOf(response: Response): number | undefined {
  const text = response.status === 206
    ? /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]
    : response.headers.get("content-length");
  return text === undefined || text === null ? undefined : Number(text);
}

/** A validator that `If-Range` may carry. */
function versionOf(response: Response): string | undefined {
  const tag = response.headers.get("etag");
  return tag !== null && !tag.startsWith("W/") ? tag : response.headers.get("last-modified") ?? undefined;
}

/** How the file differs from the published one. */
async function difference(part: PartFile, { size, checksum }: Transfer): Promise<string | undefined> {
  if (size !== undefined && part.done !== size) return `it has ${part.done} bytes: ${size} are published`;
  if (checksum === undefined) return undefined;
  const { algorithm } = checksum;
  const hash = createHash(algorithm === "git" ? "sha1" : algorithm);
  if (algorithm === "git") hash.update(`blob ${part.done}\0`);
  await part.read((bytes) => void hash.update(bytes));
  const digits = hash.digest("hex");
  if (digits === checksum.digits) return undefined;
  const name = { sha256: "SHA-256", md5: "MD5", git: "git checksum" }[algorithm];
  return `its ${name} is ${digits}: ${checksum.digits} is published`;
}

function failure({ url, file }: Transfer, error: unknown): unknown {
  if (error instanceof HttpError) {
    const failed = new TransferError(
      `Cannot fetch '${url}' as the server answers ${error.status}${meaning(error.status)}.`,
    );
    failed.status = error.status;
    return failed;
  }
  if ((error as { code?: string } | null)?.code === "ENOSPC") {
    return new TransferError(
      `Cannot write '${file}' as the disk is full. Free some space; the same command continues where it stopped.`,
    );
  }
  if (error instanceof BrokenOff || error instanceof TypeError || error instanceof Deno.errors.Http) {
    return new TransferError(
      `Cannot fetch '${url}' as the connection failed: ${
        reasonOf(error)
      }. The same command continues where it stopped.`,
    );
  }
  return error;
}

function meaning(status: number): string {
  if (status === 401 || status === 403) return " (no access)";
  if (status === 404 || status === 410) return " (there is no such file)";
  return "";
}
