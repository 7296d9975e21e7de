/** Inspects the files of a data set in workers: size, time, hash, and the content decoded from beginning to end. */
import { AudioError, inspectAudioFile } from "../../audio/read_audio.ts";
import { messageOf } from "../../errors.ts";
import { sha256OfFile } from "../../files/checksum.ts";
import { inParallel } from "../../files/in_parallel.ts";
import { ImageError, inspectImage, readImageFile } from "../../image/decode_image.ts";
import { WorkerCalls, WorkerFailure } from "../../worker_calls.ts";
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
export type FileFacts = Omit<ManifestLine, "version" | "file" | "kind">;

/** Problems that may disappear although the file is unchanged: the next check inspects it again. */
const PASSING: ReadonlySet<string> = new Set(["unreadable", "stuck", "crashed"]);

/** Inspects a file. Whatever is wrong with it becomes its `problem`; it throws nothing for a bad file. */
export async function inspectFile({ path, kind }: ListedFile): Promise<FileFacts> {
  let hash: string;
  let stamp: FileStamp;
  try {
    const found = await stampOf(path);
    if (found === undefined) {
      const reason = `Cannot read ${kind} '${path}' as there is no such file. Copy or fetch it again.`;
      return { problem: { kind: "missing", reason } };
    }
    stamp = found;
    hash = await sha256OfFile(path);
  } catch (error) {
    const reason = `Cannot read ${kind} '${path}' as the system refuses it: ${messageOf(error)}.`;
    return { problem: { kind: "unreadable", reason } };
  }
  return { ...stamp, sha256: hash, ...await inspected(path, kind) };
}

async function inspected(path: string, kind: ManifestLine["kind"]): Promise<FileFacts> {
  try {
    if (kind === "recording") {
      const { format, seconds, sampleRate, channels, warnings } = await inspectAudioFile(path);
      return { format, seconds, rate: sampleRate, channels, ...(warnings.length === 0 ? {} : { warnings }) };
    }
    const { format, width, height, warnings } = await inspectImage(await readImageFile(path), path);
    return { format, width, height, ...(warnings.length === 0 ? {} : { warnings }) };
  } catch (error) {
    if (!(error instanceof AudioError || error instanceof ImageError)) throw error;
    return { problem: { kind: error.problem, reason: error.message } };
  }
}

/** Number of files whose size and time are read at once. */
const CONCURRENT_STATS = 256;

interface InspectOptions extends Omit<PoolOptions, "module"> {
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
export async function inspectFiles(
  files: ReadonlyMap<string, ListedFile>,
  manifest: ManifestWriter,
  { workers, limit, signal, begin, progress }: InspectOptions,
): Promise<{ lines: Map<string, ManifestLine>; looked: number }> {
  const stamps = new Map(
    await inParallel(files, CONCURRENT_STATS, async ([name, { path }]) => {
      signal?.throwIfAborted();
      return [name, await stampOf(path).catch(() => "refused" as const)] as const;
    }),
  );
  const open = [...files].filter(([name, { kind }]) => {
    const line = manifest.get(name), stamp = stamps.get(name);
    const known = line !== undefined && line.kind === kind && stamp !== "refused" && isUnchanged(line, stamp);
    return !known || PASSING.has(line.problem?.kind ?? "");
  });
  let done = files.size - open.length;
  begin?.(done, files.size);
  const module = import.meta.resolve("./inspect_worker.ts");
  const tasks = open.map(([name, { path, kind }]) => ({ name, path, kind }));
  const pool = { module, workers: Math.min(workers, open.length), limit, signal };
  await overWorkers<ListedFile & { name: string }, FileFacts>(tasks, pool, ({ name, kind, path }, outcome) => {
    const stamp = stamps.get(name);
    const seen = factsOf(outcome, { path, kind }, stamp === "refused" ? undefined : stamp);
    const line: ManifestLine = { version: MANIFEST_VERSION, file: name, kind, ...seen };
    if (JSON.stringify(line) !== JSON.stringify(manifest.get(name))) manifest.add(line);
    progress?.(++done);
  });
  const lines = new Map([...files.keys()].map((name) => [name, manifest.get(name)!]));
  return { lines, looked: open.length };
}

function factsOf(outcome: Outcome<FileFacts>, { path, kind }: ListedFile, stamp: FileStamp | undefined): FileFacts {
  if ("answer" in outcome) return outcome.answer;
  const { failed, why } = outcome;
  const what = failed === "stuck" ? "never ends" : "broke down";
  return {
    ...stamp,
    problem: { kind: failed, reason: `Cannot read ${kind} '${path}' as its decoder ${what}: ${why}.` },
  };
}

/** The outcome of a task: its answer, or why it has none. */
export type Outcome<Answer> = { answer: Answer } | { failed: "crashed" | "stuck"; why: string };

export interface PoolOptions {
  /** The module of the worker, which calls `answerCalls`. It answers `null` to `null`, once it is loaded. */
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
  const running = new Set<WorkerCalls<Task | null, Answer | null>>();
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {});
  const abort = (): void => over.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  const start = async () => {
    const worker = new WorkerCalls<Task | null, Answer | null>(module);
    running.add(worker);
    const loaded = worker.ask(null).catch((error) => {
      throw new Error(`Cannot start the worker '${module}': ${messageOf(error)}`);
    });
    await Promise.race([over.promise, loaded]);
    return worker;
  };
  const outcomeOf = async (worker: WorkerCalls<Task | null, Answer | null>, task: Task): Promise<Outcome<Answer>> => {
    const stuck = Promise.withResolvers<Outcome<Answer>>();
    const why = `it took more than ${limit} s`;
    const timer = setTimeout(() => stuck.resolve({ failed: "stuck", why }), limit * 1000);
    const answered = worker.ask(task).then((answer) => ({ answer: answer as Answer }));
    try {
      return await Promise.race([over.promise, stuck.promise, answered]);
    } catch (error) {
      if (error instanceof WorkerFailure) return { failed: "crashed", why: error.message };
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
  const serve = async (): Promise<void> => {
    let worker: WorkerCalls<Task | null, Answer | null> | undefined;
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      worker ??= await start();
      const outcome = await outcomeOf(worker, next.value);
      if ("failed" in outcome) {
        worker.end();
        running.delete(worker);
        worker = undefined;
      }
      done(next.value, outcome);
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, () =>
      serve().catch((error) => {
        over.reject(error);
        throw error;
      })));
  } finally {
    signal?.removeEventListener("abort", abort);
    for (const worker of running) worker.end();
  }
}
