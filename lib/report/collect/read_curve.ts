/**
 * How a run's training went, from its folder.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { exists } from "../../files.ts";
import { readConfig } from "../../training/config.ts";
import { readDevLog } from "../../training/dev_log.ts";
import { readJsonLines, runFolder } from "../../training/run_folder.ts";
import type { RunCurve } from "./entry.ts";

/** A line of `metrics.jsonl`, as far as it is used. */
interface MetricsLine {
  step: number;
  loss: number;
}

/**
 * The curve of a run; undefined where the folder has none.
 *
 * @throws {InputError} where its config or log is damaged.
 */
export async function readCurve(path: string): Promise<RunCurve | undefined> {
  const folder = runFolder(path);
  if (!await exists(folder.config) || !await exists(folder.metrics)) return undefined;
  const { variant, seed } = await readConfig(folder.config);
  const lines = await readJsonLines<MetricsLine>(folder.metrics, ({ step, loss }) => isNumber(step) && isNumber(loss));
  const dev = await readDevLog(folder.dev);
  return {
    run: basename(path),
    variant,
    seed,
    steps: lines.map(({ step }) => step),
    loss: lines.map(({ loss }) => Number(loss.toPrecision(5))),
    devSteps: dev.map(({ step }) => step),
    dev: dev.map(({ recall }) => Number(recall.toPrecision(5))),
  };
}

/** The curves of all runs right in a folder, in the order of their names. */
export async function readCurvesIn(path: string): Promise<RunCurve[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(path)) if (entry.isDirectory) names.push(entry.name);
  const curves: RunCurve[] = [];
  for (const name of names.sort()) {
    const curve = await readCurve(join(path, name));
    if (curve !== undefined) curves.push(curve);
  }
  return curves;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}
