/**
 * The results of runs: found below a folder, or in folders that are named.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError, messageOf } from "../../errors.ts";
import { exists, isAbsence, readJson } from "../../files.ts";
import { readConfig } from "../../training/config.ts";
import { openEntry, type ReportEntry, type RunCurve } from "./entry.ts";
import { readCurve, readCurvesIn } from "./read_curve.ts";

/** A `results.json` that cannot be used, and why. */
export interface Unusable {
  /** The run's folder. */
  run: string;
  /** Why, in one line. */
  reason: string;
}

/** What was found. */
export interface Found {
  /** Results that can be used. */
  entries: ReportEntry[];
  /** Those that cannot. */
  unusable: Unusable[];
}

/**
 * All results below a folder: experiments wherever they stand, training runs right below it. What lies within an experiment's
 * or a run's own folder is a part of it and not looked at. Reports are not results; links are not followed.
 *
 * @param root such as `"runs"`; one that is missing has no results
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
 * The results of one run.
 *
 * @param run its folder, or its `results.json`
 * @throws {InputError} where there are none, or they are damaged or of no experiment.
 */
export async function openResults(run: string): Promise<ReportEntry> {
  const folder = run.replace(/[\\/]results\.json$/, "").replace(/(?<=.)[\\/]+$/, "");
  const path = join(folder, "results.json");
  const content = await readJson(path);
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

/** Whether a folder is a report of results. */
async function isReport(folder: string): Promise<boolean> {
  const content = await readJson(join(folder, "results.json"));
  return typeof content === "object" && content !== null && "report" in content && content.report === "brewclip";
}

function isTrainTable(content: unknown): boolean {
  return typeof content === "object" && content !== null && "baselines" in content && "gain" in content;
}

/** Folders that have a `results.json`, in the order of their paths; not those within one. */
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
