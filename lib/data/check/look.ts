/**
 * Inspects the files of a data set in workers: size, time, hash, and the content decoded from beginning to end.
 *
 * @module
 */
import { AudioError, inspectAudio } from "../../audio/read_audio.ts";
import { messageOf } from "../../errors.ts";
import { sha256 } from "../../files/checksum.ts";
import { ImageError, inspectImage } from "../../image/decode_image.ts";
import {
  type FileStamp,
  isUnchanged,
  MANIFEST_VERSION,
  type ManifestLine,
  type ManifestWriter,
  stampOf,
} from "./manifest.ts";

/** A file that a data set lists. */
export interface ListedFile {
  path: string;
  kind: ManifestLine["kind"];
}

/** The facts about a file: a line of the manifest without its name. */
export type Look = Omit<ManifestLine, "version" | "file" | "kind">;

/** Larger files are not read. */
const MAX_BYTES = 2 ** 30;
/** Problems that may disappear although the file is unchanged: the next check inspects it again. */
const PASSING: ReadonlySet<string> = new Set(["unreadable", "stuck", "crashed"]);

/** Inspects a file. Whatever is wrong with it becomes its `problem`; it throws nothing for a bad file. */
export async function lookAt({ path, kind }: ListedFile): Promise<Look> {
  let bytes: Uint8Array<ArrayBuffer>;
  let stamp: FileStamp;
  try {
    const found = await stampOf(path);
    if (found === undefined) {
      const reason = `Cannot read ${kind} '${path}' as there is no such file. Copy or fetch it again.`;
      return { problem: { kind: "missing", reason } };
    }
    stamp = found;
    if (stamp.size > MAX_BYTES) {
      const reason = `Cannot read ${kind} '${path}' as it has ${stamp.size} bytes: expected at most ${MAX_BYTES}.`;
      return { ...stamp, problem: { kind: "too-large", reason } };
    }
    bytes = await Deno.readFile(path);
  } catch (error) {
    const reason = `Cannot read ${kind} '${path}' as the system refuses it: ${messageOf(error)}.`;
    return { problem: { kind: "unreadable", reason } };
  }
  return { ...stamp, sha256: await sha256(bytes), ...await inspected(bytes, path, kind) };
}

async function inspected(bytes: Uint8Array, path: string, kind: ManifestLine["kind"]): Promise<Look> {
  try {
    if (kind === "recording") {
      const { format, seconds, sampleRate, channels, warnings } = await inspectAudio(bytes, path);
      return { format, seconds, rate: sampleRate, channels, ...(warnings.length === 0 ? {} : { warnings }) };
    }
    const { format, width, height, warnings } = await inspectImage(bytes, path);
    return { format, width, height, ...(warnings.length === 0 ? {} : { warnings }) };
  } catch (error) {
    if (!(error instanceof AudioError || error instanceof ImageError)) throw error;
    return { problem: { kind: error.problem, reason: error.message } };
  }
}

/** Number of files whose size and time are read at once. */
const CONCURRENT_STATS = 256;

interface LookOptions extends Omit<PoolOptions, "module"> {
  begin?: ((known: number, total: number) => void) | undefined;
  progress?: ((done: number) => void) | undefined;
}

/**
 * Inspects the files of a data set and adds a line for each to the manifest. A file whose line has its present size and
 * time is not inspected again; neither is one that was missing and still is.
 *
 * @param files by their names in the manifest
 * @returns the line of each file, in the given order, and how many were inspected
 * @throws the signal's reason, if it was aborted.
 */
export async function lookAtAll(
  files: ReadonlyMap<string, ListedFile>,
  manifest: ManifestWriter,
  { workers, limit, signal, begin, progress }: LookOptions,
): Promise<{ lines: Map<string, ManifestLine>; looked: number }> {
  const stamps = await stampsOf(files, signal);
  const open = [...files].filter(([name, { kind }]) => {
    const line = manifest.get(name), stamp = stamps.get(name);
    const known = line !== undefined && line.kind === kind && stamp !== "refused" && isUnchanged(line, stamp);
    return !known || PASSING.has(line.problem?.kind ?? "");
  });
  let done = files.size - open.length;
  begin?.(done, files.size);
  const module = import.meta.resolve("./look_worker.ts");
  const tasks = open.map(([name, { path, kind }]) => ({ name, path, kind }));
  const pool = { module, workers: Math.min(workers, open.length), limit, signal };
  await overWorkers<ListedFile & { name: string }, Look>(tasks, pool, ({ name, kind, path }, outcome) => {
    const stamp = stamps.get(name);
    const seen = seenIn(outcome, { path, kind }, stamp === "refused" ? undefined : stamp);
    const line: ManifestLine = { version: MANIFEST_VERSION, file: name, kind, ...seen };
    if (JSON.stringify(line) !== JSON.stringify(manifest.get(name))) manifest.add(line);
    progress?.(++done);
  });
  const lines = new Map([...files.keys()].map((name) => [name, manifest.get(name)!]));
  return { lines, looked: open.length };
}

async function stampsOf(
  files: ReadonlyMap<string, ListedFile>,
  signal: AbortSignal | undefined,
): Promise<Map<string, FileStamp | "refused" | undefined>> {
  const stamps = new Map<string, FileStamp | "refused" | undefined>();
  const waiting = files.entries();
  const ask = async (): Promise<void> => {
    for (const [name, { path }] of waiting) {
      signal?.throwIfAborted();
      stamps.set(name, await stampOf(path).catch(() => "refused" as const));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_STATS }, ask));
  return stamps;
}

function seenIn(outcome: Outcome<Look>, { path, kind }: ListedFile, stamp: FileStamp | undefined): Look {
  if ("answer" in outcome) return outcome.answer;
  const { failed, why } = outcome;
  const what = failed === "stuck" ? "never ends" : "broke down";
  return {
    ...stamp,
    problem: { kind: failed, reason: `Cannot read ${kind} '${path}' as its decoder ${what}: ${why}.` },
  };
}

/** The messages of a worker: `"ready"` once it is loaded, then an answer or an error for each task. */
export type WorkerMessage<Answer> = "ready" | { answer: Answer } | { error: string };

/** The outcome of a task: its answer, or why it has none. */
export type Outcome<Answer> = { answer: Answer } | { failed: "crashed" | "stuck"; why: string };

/** Options of {@link overWorkers}. */
export interface PoolOptions {
  /** The worker's module. */
  module: string;
  workers: number;
  /** Seconds after which a task counts as stuck, and its worker is replaced. */
  limit: number;
  signal?: AbortSignal | undefined;
}

/**
 * Gives each task to the next free worker. A task that crashes its worker or never ends does not affect the others.
 *
 * @param done called for each task in the order in which they end
 * @throws {Error} if a worker cannot be loaded or reports a bug.
 * @throws the signal's reason, if it was aborted.
 */
export async function overWorkers<Task, Answer>(
  tasks: Iterable<Task>,
  { module, workers, limit, signal }: PoolOptions,
  done: (task: Task, outcome: Outcome<Answer>) => void,
): Promise<void> {
  signal?.throwIfAborted();
  const waiting = tasks[Symbol.iterator]();
  const running = new Set<() => void>();
  let over: { error: unknown } | undefined;
  const stop = (error: unknown): void => {
    over ??= { error };
    for (const end of running) end();
  };
  const abort = (): void => stop(signal?.reason);
  signal?.addEventListener("abort", abort);

  const serve = async (): Promise<void> => {
    let worker: LoadedWorker<Task, Answer> | undefined;
    for (let next = waiting.next(); !next.done && !over; next = waiting.next()) {
      if (!worker?.isAlive()) worker = await startWorker(module, running);
      const outcome = await worker.give(next.value, limit);
      if (!over) done(next.value, outcome);
    }
  };

  await Promise.all(Array.from({ length: workers }, () => serve().catch(stop)));
  signal?.removeEventListener("abort", abort);
  for (const end of running) end();
  if (over) throw over.error;
}

interface LoadedWorker<Task, Answer> {
  isAlive(): boolean;
  give(task: Task, limit: number): Promise<Outcome<Answer>>;
}

/** Starts a worker, and adds the function that ends it to `running`. */
async function startWorker<Task, Answer>(
  module: string,
  running: Set<() => void>,
): Promise<LoadedWorker<Task, Answer>> {
  const worker = new Worker(module, { type: "module" });
  const loaded = Promise.withResolvers<void>();
  let current: PromiseWithResolvers<Outcome<Answer>> | undefined;
  const end = (failed: "crashed" | "stuck", why: string): void => {
    worker.terminate();
    running.delete(endUnasked);
    loaded.reject(new Error(`Cannot start the worker '${module}': ${why}`));
    current?.resolve({ failed, why });
  };
  const endUnasked = (): void => end("crashed", "it was stopped");
  running.add(endUnasked);
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage<Answer>>) => {
    if (data === "ready") loaded.resolve();
    else if ("error" in data) current?.reject(new Error(data.error));
    else current?.resolve(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end("crashed", event.message);
  };
  await loaded.promise;
  return {
    isAlive: () => running.has(endUnasked),
    async give(task, limit) {
      current = Promise.withResolvers<Outcome<Answer>>();
      const timer = setTimeout(() => end("stuck", `it took more than ${limit} s`), limit * 1000);
      worker.postMessage(task);
      try {
        return await current.promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
