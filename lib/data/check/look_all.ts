/**
 * A look at every file of a data set that changed since the last one.
 *
 * @module
 */
import { type ListedFile, type Look, PASSING } from "./look.ts";
import { type FileStamp, isUnchanged, stampOf } from "./manifest.ts";
import { MANIFEST_VERSION, type ManifestLine } from "./manifest_lines.ts";
import type { ManifestWriter } from "./manifest_writer.ts";
import { type Outcome, overWorkers } from "./worker_pool.ts";

/** Files of which size and time are asked at once. */
const ASKED = 256;

/** Options of {@link lookAtAll}. */
export interface LookOptions {
  /** Workers at once. */
  workers: number;
  /** Seconds for one file. */
  limit: number;
  /** Stops at once; what was seen stays in the manifest. */
  signal?: AbortSignal | undefined;
  /** Called once before the first look: files that are known from an earlier check, and all. */
  begin?: ((known: number, total: number) => void) | undefined;
  /** Called after each look with the number of files that are known now. */
  progress?: ((done: number) => void) | undefined;
}

/**
 * Looks at the files of a data set and writes a line for each into the manifest, at once. A file that has a line and the same
 * size and time as then is not looked at; nor is one that was missing and still is.
 *
 * @param files by their names in the manifest
 * @returns the line of each file, in the given order, and how many were looked at
 * @throws the signal's reason, where it was aborted.
 */
export async function lookAtAll(
  files: ReadonlyMap<string, ListedFile>,
  manifest: ManifestWriter,
  { workers, limit, signal, begin, progress }: LookOptions,
): Promise<{ lines: Map<string, ManifestLine>; looked: number }> {
  const stamps = await stampsOf(files, signal);
  const open = [...files].filter(([name, { kind }]) => {
    const line = manifest.get(name);
    const stamp = stamps.get(name);
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
  await Promise.all(Array.from({ length: ASKED }, ask));
  return stamps;
}

function seenIn(outcome: Outcome<Look>, { path, kind }: ListedFile, stamp: FileStamp | undefined): Look {
  if ("answer" in outcome) return outcome.answer;
  const { failed, why } = outcome;
  const reason = `Cannot read ${kind} '${path}' as its decoder ${
    failed === "stuck" ? "never ends" : "broke down"
  }: ${why}.`;
  return { ...stamp, problem: { kind: failed, reason } };
}
