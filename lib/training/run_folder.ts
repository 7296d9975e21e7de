/**
 * A run's folder: `config.json`, `metrics.jsonl`, `dev.jsonl`, `checkpoints/`, `left_out.jsonl`, `times.json`,
 * `results.json`.
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { shellWord } from "../files/escape.ts";
import { writing } from "../files/system_error.ts";
import { exists } from "../files/read.ts";
import { locate } from "../files/locate.ts";
import { modelPreset } from "../hub/models.ts";
import { readConfig, type RunConfig } from "./config.ts";

/** Paths of a run's parts. */
export interface RunFolder {
  /** The folder. */
  path: string;
  /** The stored {@link RunConfig}. */
  config: string;
  /** The arguments of the command that started it. */
  command: string;
  /** One line per step. */
  metrics: string;
  /** One line per evaluation on dev. */
  dev: string;
  /** How long a step and a query took: not in the results, which are the same for the same seed. */
  times: string;
  /** One line per skipped input. */
  skipped: string;
  /** The final table. */
  results: string;
  /** The latest checkpoint, from which a run continues. */
  last: string;
  /** The checkpoint with the best result on dev. */
  best: string;
}

/** The paths of a run's parts. */
export function runFolder(path: string): RunFolder {
  return {
    path,
    config: join(path, "config.json"),
    command: join(path, "command.json"),
    metrics: join(path, "metrics.jsonl"),
    dev: join(path, "dev.jsonl"),
    times: join(path, "times.json"),
    skipped: join(path, "left_out.jsonl"),
    results: join(path, "results.json"),
    last: join(path, "checkpoints", "last.safetensors"),
    best: join(path, "checkpoints", "best.safetensors"),
  };
}

/**
 * Checks that a run can start in a folder, without creating it.
 *
 * @throws {InputError} if the folder has a run or may not be written.
 */
export async function checkNewRun(path: string): Promise<RunFolder> {
  const folder = runFolder(path);
  await mayWrite(path);
  if (await exists(folder.last) || await exists(folder.results)) {
    throw new InputError(
      `Cannot start a run in '${path}' as the folder has a run already: expected a new one. Continue the run with --resume or choose another --out.`,
    );
  }
  return folder;
}

/**
 * Creates the folder of a new run and stores its config. A folder whose run failed before its first checkpoint is reused.
 * The caller holds the folder's lock (`holdFolder`), so that no other process trains in it.
 *
 * @throws {InputError} if the folder has a run or may not be written.
 */
export async function createRun(path: string, config: RunConfig, command?: readonly string[]): Promise<RunFolder> {
  const folder = await checkNewRun(path);
  if (await exists(folder.skipped)) await Deno.remove(folder.skipped);
  await writeAtomic(folder.config, `${JSON.stringify(config, null, 2)}\n`);
  if (command !== undefined) await writeAtomic(folder.command, `${JSON.stringify(command)}\n`);
  return folder;
}

/**
 * Opens the folder of a run. Relative paths in its config belong to the project that trained it; {@link locate} finds
 * them, and the returned config then has absolute paths.
 *
 * @throws {InputError} if the folder has no run, or the config is not valid.
 */
export async function openRun(path: string): Promise<{ folder: RunFolder; config: RunConfig }> {
  const folder = runFolder(path);
  if (!await exists(folder.config)) {
    throw new InputError(
      `Cannot open the run '${path}' as it has no config.json: expected a folder that 'train' made.`,
    );
  }
  const config = await readConfig(folder.config);
  if (config.dataRoots !== undefined) {
    config.dataRoots = await Promise.all(config.dataRoots.map(async (root) => await locate(root, path) ?? root));
  }
  for (const key of ["dataRoot", "clip", "whisper"] as const) {
    if (modelPreset(config[key]) === undefined) config[key] = await locate(config[key], path) ?? config[key];
  }
  return { folder, config };
}

/** Stores the fingerprint of the data in a run's config. Paths stay as they were written. */
export async function storeFingerprint(folder: RunFolder, dataFingerprint: string): Promise<void> {
  if (!await exists(folder.config)) return;
  const config = { ...await readConfig(folder.config), dataFingerprint };
  await writeAtomic(folder.config, `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * Checks before any work that a folder may be written.
 *
 * @throws {InputError} if this process has no permission to write it; names the command that has.
 */
export async function mayWrite(path: string): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "write", path });
  if (state === "granted") return;
  throw new InputError(
    `Cannot write to '${path}' as the task may write to ./runs only: choose a folder in runs/, or replace 'deno task' by ` +
      `'deno run -P=train --allow-write=./runs,${shellWord(path)} lib/cli/main.ts' and keep the rest of the command.`,
  );
}

/** Creates the first of `runs/NAME`, `runs/NAME-2`, ... that does not exist. No two processes get the same. */
export async function newRunPath(name: string): Promise<string> {
  await writing("runs", () => Deno.mkdir("runs", { recursive: true }));
  for (;;) {
    const path = await freeRunPath(name);
    try {
      await writing(path, () => Deno.mkdir(path));
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** The first of `runs/NAME`, `runs/NAME-2`, ... that does not exist. */
export async function freeRunPath(name: string): Promise<string> {
  for (let number = 1;; number++) {
    const path = join("runs", number === 1 ? name : `${name}-${number}`);
    if (!await exists(path)) return path;
  }
}
