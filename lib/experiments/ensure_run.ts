/**
 * A trained run as a part of an experiment: taken as it is, continued, or made.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import type { RunConfig } from "../training/config.ts";
import { createRun, openRun, type RunFolder } from "../training/run_folder.ts";
import { mainJob } from "./main_job.ts";
import { openJob } from "./open_job.ts";
import type { Report, Watch } from "./report.ts";
import { readResults, type RunResults } from "./results.ts";

/** Settings that may differ from those of a run that is taken up: where things stand, not what is computed. */
const PLACES: readonly string[] = [
  "dataRoot",
  "clip",
  "whisper",
  "backend",
  "evaluateEvery",
  "saveEvery",
  "preset",
  "cache",
];

/**
 * Makes sure that a run of these settings is complete: a run that is complete is read, one that was stopped goes on, else
 * a new one is trained.
 *
 * @param path the run's folder
 * @returns its results
 * @throws {InputError} if the folder has a run of other settings (names them), or an input is at fault.
 * @throws the signal's reason, if it was aborted; the next call continues.
 */
export async function ensureRun(
  config: RunConfig,
  path: string,
  { report: outer, signal }: Watch,
): Promise<{ folder: RunFolder; results: RunResults }> {
  const report: Report = { ...outer, result: outer.line }; // a run's own tables are no finding of the experiment
  const there = await exists(path);
  const { folder, config: stored } = there ? await openRun(path) : { folder: await createRun(path, config), config };
  checkSame(stored, config, path);
  if (await exists(folder.results)) return { folder, results: await readResults(folder.results) };
  report.line(`run ${path}: ${config.variant} on ${config.dataset}, seed ${config.seed}, ${config.steps} steps`);
  await using job = await openJob(config, folder, { splits: ["train", "dev", "test"], report, signal });
  return { folder, results: await mainJob(job, { report, resume: there, signal }) };
}

function checkSame(stored: RunConfig, wanted: RunConfig, path: string): void {
  const other = Object.keys(wanted).filter((name) => {
    const key = name as keyof RunConfig;
    return !PLACES.includes(name) && JSON.stringify(stored[key]) !== JSON.stringify(wanted[key]);
  });
  if (other.length === 0) return;
  const list = other.map((name) => {
    const key = name as keyof RunConfig;
    return `${name} is ${JSON.stringify(stored[key])}, wanted ${JSON.stringify(wanted[key])}`;
  });
  throw new InputError(
    `Cannot take up the run '${path}' as it has other settings: ${
      list.join("; ")
    }. Remove its folder or give another --out.`,
  );
}
