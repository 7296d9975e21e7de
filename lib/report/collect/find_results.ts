/** Finds the results of runs. */
import { basename, join } from "@std/path";
import { InputError, messageOf } from "../../errors.ts";
import { unsealed } from "../../files/checksum.ts";
import { exists, isAbsence, readJson } from "../../files/read.ts";
import { readConfig } from "../../training/config.ts";
import { readDevLog, readMetrics } from "../../training/run_logs.ts";
import { runFolder } from "../../training/run_folder.ts";
import { openEntry, type ReportEntry, type RunCurve } from "./entry.ts";

export interface Unusable {
  run: string;
  reason: string;
}

export interface Found {
  entries: ReportEntry[];
  unusable: Unusable[];
}

/**
 * Finds the results below a folder: experiments at any depth up to 3, training runs at the top level only. Folders inside an
 * experiment's or a run's folder belong to it and are not searched. Reports and links are skipped.
 */
export async function findResults(root: string): Promise<Found> {
  const found: Found = { entries: [], unusable: [] };
  for (const run of await foldersBelow(root, 3)) {
    const nested = run.slice(root.length).replace(/^[\\/]+/, "").split(/[\\/]/).length > 1;
    try {
      if (await isReport(run)) continue;
      const entry = await openResults(run);
      if (entry.file.experiment !== "train" || !nested) found.entries.push(entry);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      found.unusable.push({ run, reason: messageOf(error) });
    }
  }
  return found;
}

/**
 * Opens the results of one run.
 *
 * @param run its folder, or its `results.json`
 * @throws {InputError} if there are none, or they are damaged or of no known experiment.
 */
export async function openResults(run: string): Promise<ReportEntry> {
  const folder = run.replace(/[\\/]results\.json$/, "").replace(/(?<=.)[\\/]+$/, "");
  const path = join(folder, "results.json");
  const content = unsealed(await readJson(path), `'${path}'`);
  const { mtime } = await Deno.stat(path);
  const written = new Date(Math.floor((mtime?.getTime() ?? 0) / 1000) * 1000).toISOString();
  const train = isTrainTable(content) && await exists(join(folder, "config.json"));
  const file = train
    ? { format: 1, experiment: "train", settings: await readConfig(join(folder, "config.json")), result: content }
    : content;
  const entry = openEntry({ run: folder.replaceAll("\\", "/"), written, curves: [], file: file as never });
  return { ...entry, stored: { ...entry.stored, curves: await curvesOf(entry, folder) } };
}

async function curvesOf({ file }: ReportEntry, folder: string): Promise<RunCurve[]> {
  if (file.experiment === "train") {
    const curve = await readCurve(folder);
    return curve === undefined ? [] : [curve];
  }
  return file.experiment === "compare" ? await readCurvesIn(folder) : [];
}

async function isReport(folder: string): Promise<boolean> {
  const content = await readJson(join(folder, "results.json"));
  return typeof content === "object" && content !== null && "report" in content && content.report === "brewclip";
}

function isTrainTable(content: unknown): boolean {
  return typeof content === "object" && content !== null && "baselines" in content && "gain" in content;
}

/** Folders with a `results.json`, sorted by path; not those inside another. */
async function foldersBelow(root: string, depth: number): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(root)) if (isDirectory) names.push(name);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
  const found: string[] = [];
  for (const name of names.sort()) {
    const path = join(root, name);
    if (await exists(join(path, "results.json"))) found.push(path);
    else if (depth > 1) found.push(...await foldersBelow(path, depth - 1));
  }
  return found;
}

/**
 * The log of a run; undefined if the folder has none.
 *
 * @throws {InputError} if its config or log is damaged.
 */
export async function readCurve(path: string): Promise<RunCurve | undefined> {
  const folder = runFolder(path);
  if (!await exists(folder.config) || !await exists(folder.metrics)) return undefined;
  const { variant, seed } = await readConfig(folder.config);
  const lines = await readMetrics(folder.metrics);
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

/** The logs of all runs in a folder, sorted by name. */
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
