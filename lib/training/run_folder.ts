/**
 * A run's folder: `config.json`, `metrics.jsonl`, `dev.jsonl`, `checkpoints/`, `left_out.jsonl`, `results.json`.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { exists } from "../files/read.ts";
import { locate } from "../files/locate.ts";
import { modelPreset } from "../hub/models.ts";
import { readConfig, type RunConfig } from "./config.ts";

/** Paths of a run's parts. */
export interface RunFolder {
  /** The folder itself. */
  path: string;
  /** The stored {@link RunConfig}. */
  config: string;
  /** The arguments of the command that started it. */
  command: string;
  /** One line a step. */
  metrics: string;
  /** One line an evaluation on dev. */
  dev: string;
  /** One line an input that was left out. */
  leftOut: string;
  /** The final table. */
  results: string;
  /** The newest checkpoint, from which a run continues. */
  last: string;
  /** The checkpoint that was best on dev. */
  best: string;
}

/** The paths of a run's parts; touches no file. */
export function runFolder(path: string): RunFolder {
  return {
    path,
    config: join(path, "config.json"),
    command: join(path, "command.json"),
    metrics: join(path, "metrics.jsonl"),
    dev: join(path, "dev.jsonl"),
    leftOut: join(path, "left_out.jsonl"),
    results: join(path, "results.json"),
    last: join(path, "checkpoints", "last.safetensors"),
    best: join(path, "checkpoints", "best.safetensors"),
  };
}

/**
 * Checks that a run can be started in a folder; makes nothing.
 *
 * @throws {InputError} where there is a run already, or the folder may not be written.
 */
export async function checkNewRun(path: string): Promise<RunFolder> {
  const folder = runFolder(path);
  await mayWrite(path);
  if (await exists(folder.last) || await exists(folder.results)) {
    throw new InputError(
      `Cannot start a run in '${path}' as one stands there: expected a new folder. Continue it with --resume, or give another --out.`,
    );
  }
  return folder;
}

/**
 * Makes the folder of a new run and stores its config. A folder whose run stopped at a faulty input, before it had
 * anything to keep, is used again.
 *
 * @throws {InputError} where there is a run already, or the folder may not be written.
 */
export async function createRun(path: string, config: RunConfig, command?: readonly string[]): Promise<RunFolder> {
  const folder = await checkNewRun(path);
  if (await exists(folder.leftOut)) await Deno.remove(folder.leftOut);
  await writeAtomic(folder.config, `${JSON.stringify(config, null, 2)}\n`);
  if (command !== undefined) await writeAtomic(folder.command, `${JSON.stringify(command)}\n`);
  return folder;
}

/**
 * Opens the folder of a run. Relative paths in its config are those of the project in which it was trained: where
 * {@link locate} finds them elsewhere than in the current folder, the config that is returned has absolute paths.
 *
 * @throws {InputError} where there is none, or its config is not one.
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

/** Stores in a run's config what its data are when it begins; paths stay as they were written. */
export async function storeFingerprint(folder: RunFolder, dataFingerprint: string): Promise<void> {
  if (!await exists(folder.config)) return;
  const config = { ...await readConfig(folder.config), dataFingerprint };
  await writeAtomic(folder.config, `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * Checks before any work that a folder may be written.
 *
 * @throws {InputError} where this process has no permission for it; says how to give it.
 */
export async function mayWrite(path: string): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "write", path });
  if (state === "granted") return;
  throw new InputError(
    `Cannot write to '${path}' as the task may write to ./runs only: give a folder in runs/, or grant it with ` +
      `'deno run -P=train --allow-write=./runs,${path} lib/cli/main.ts' in the place of 'deno task', then the same words.`,
  );
}

/** The first of `runs/NAME`, `runs/NAME-2`, ... that is free. */
export async function freeRunPath(name: string): Promise<string> {
  for (let number = 1;; number++) {
    const path = join("runs", number === 1 ? name : `${name}-${number}`);
    if (!await exists(path)) return path;
  }
}
