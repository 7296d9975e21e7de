/** What `train`, `train --dry-run` and `eval` do. */
import { basename, join } from "@std/path";
import { InputError } from "../errors.ts";
import { checkPrompts, openJob, openWithModel } from "../experiments/job.ts";
import { dryRun } from "../experiments/dry_run.ts";
import { formatPlan } from "../experiments/dry_run_plan.ts";
import { evaluateRun, trainRun } from "../experiments/train_run.ts";
import { readResults } from "../experiments/results.ts";
import { findModels } from "../hub/find_model.ts";
import { writeAtomic } from "../files/atomic.ts";
import { sealed } from "../files/checksum.ts";
import { shellWord } from "../files/escape.ts";
import { holdFolder } from "../files/lock.ts";
import { exists } from "../files/read.ts";
import { VARIANTS } from "../systems/variants.ts";
import { presentRun } from "../report/present.ts";
import type { RunConfig } from "../training/config.ts";
import type { TrainOptions } from "../training/options.ts";
import {
  checkNewRun,
  createRun,
  freeRunPath,
  mayWrite,
  newRunPath,
  openRun,
  type RunFolder,
} from "../training/run_folder.ts";
import { continuedSettings, dataSetName, evalSettings, newSettings } from "../training/settings.ts";
import { repeatable } from "./options.ts";
import { consoleReport } from "./progress.ts";
import { onInterrupt } from "./interrupt.ts";
import type { EvalOptions } from "./train.ts";

/**
 * Trains a new run, or continues one.
 *
 * @throws {InputError} if the options do not match the run that continues, or an input is faulty.
 */
export async function trainFromOptions(options: TrainOptions, args: readonly string[]): Promise<void> {
  const report = consoleReport();
  const resume = options.resume !== undefined;
  const path = resume ? await pathToContinue(options) : await pathToStart(options);
  await using _lock = await holdFolder(path);
  const { folder, config, finished } = resume
    ? await continued(path, options, report.line)
    : await started(path, options, args);
  if (finished) {
    report.result(presentRun(config, await readResults(folder.results)).trimEnd());
    return;
  }
  const warmup = Math.max(config.warmupSteps, config.acousticWarmupSteps ?? 0);
  if (warmup > config.steps) {
    report.line(
      `the warm-up of ${warmup} steps is longer than the run of ${config.steps}, which is all warm-up then: ` +
        `give a smaller --warmup or more --steps`,
    );
  }
  report.line(`run ${folder.path}: ${config.variant} on ${config.dataset} (${config.dataRoot}), ${config.steps} steps`);
  const how = `stopped; continue with: deno task train --resume ${shellWord(folder.path)}`;
  const signal = onInterrupt(() => report.line("stopping: the state is being saved (again Ctrl-C: stop at once)"), how);
  const watch = { report, signal };
  await using job = await openJob(config, folder, { splits: ["train", "dev", "test"], ...watch, trains: true });
  const results = await trainRun(job, { ...watch, resume, stopAfter: options.stopAfter, how });
  const skipped = job.data.skipped.summary();
  if (skipped !== undefined) report.line(skipped);
  report.result(presentRun(config, results).trimEnd());
  report.line(`results in ${folder.results}; repeat the table with: deno task eval --run ${shellWord(folder.path)}`);
}

/** The folder of a new run. */
async function pathToStart(options: TrainOptions): Promise<string> {
  const config = newSettings(options);
  await findModels(config); // fails before the folder exists
  await checkPrompts(config);
  if (options.out === undefined) return await newRunPath(`${config.preset}-${config.variant}`);
  await checkNewRun(options.out);
  return options.out;
}

async function started(
  path: string,
  options: TrainOptions,
  args: readonly string[],
): Promise<{ folder: RunFolder; config: RunConfig; finished: boolean }> {
  const config = newSettings(options);
  return { folder: await createRun(path, config, repeatable(args)), config, finished: false };
}

/** The folder of the run to continue. */
async function pathToContinue({ resume, out }: TrainOptions): Promise<string> {
  const path = typeof resume === "string" ? resume : out ?? await newestRun();
  await openRun(path); // fails before it is locked
  await mayWrite(path);
  return path;
}

/** The run to continue. One that is finished is opened again only to check or extend it. */
async function continued(
  path: string,
  options: TrainOptions,
  tell: (line: string) => void,
): Promise<{ folder: RunFolder; config: RunConfig; finished: boolean }> {
  const { folder, config: stored } = await openRun(path);
  const config = continuedSettings(options, stored, path);
  if (config.steps > stored.steps) {
    tell(
      `extending ${path} from ${stored.steps} to ${config.steps} steps; the learning rate follows the longer schedule`,
    );
    await writeAtomic(folder.config, `${JSON.stringify({ ...stored, steps: config.steps }, null, 2)}\n`);
    return { folder, config, finished: false };
  }
  const checksData = [options.data, options.dataRoot, options.dataset].some((option) => option !== undefined);
  const finished = !checksData && await exists(folder.results);
  if (finished) tell(`${path} is finished: these are its results; extend it with --steps above ${stored.steps}`);
  return { folder, config, finished };
}

async function newestRun(): Promise<string> {
  let newest: { path: string; time: number } | undefined;
  try {
    for await (const entry of Deno.readDir("runs")) {
      const path = join("runs", basename(entry.name));
      if (!await exists(join(path, "config.json"))) continue;
      const time = (await Deno.stat(join(path, "config.json"))).mtime?.getTime() ?? 0;
      if (newest === undefined || time > newest.time) newest = { path, time };
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (newest === undefined) throw new InputError("Cannot continue a run as there is none in ./runs: name its folder.");
  return newest.path;
}

/**
 * Prints the plan of a run. Writes nothing.
 *
 * @throws {InputError} if something is lacking.
 */
export async function dryRunFromOptions(options: TrainOptions): Promise<void> {
  const report = consoleReport();
  const config = newSettings(options);
  const path = options.out ?? await freeRunPath(`${config.preset}-${config.variant}`);
  await checkNewRun(path);
  report.line(`dry run of ${path}: ${config.variant} on ${config.dataset} (${config.dataRoot}); nothing is written`);
  const signal = onInterrupt(() => report.line("stopping"), "stopped; nothing was written");
  const parts = await dryRun(config, { report, signal });
  report.result(formatPlan(parts));
  const lacking = parts.flatMap((part) => part.lacking);
  if (lacking.length === 0) return;
  const things = lacking.length === 1 ? "1 thing is" : `${lacking.length} things are`;
  throw new InputError(`Cannot start this run as ${things} lacking: see the list above.`);
}

/**
 * Repeats a run's table; writes `eval-DATASET-SPLIT.json` into the run's folder, with the data's own name if they are not
 * the run's.
 *
 * @throws {InputError} if the run, its checkpoint or the data set is faulty.
 */
export async function evalFromOptions(options: EvalOptions, args: readonly string[]): Promise<void> {
  const report = consoleReport();
  const { folder, config: stored } = await openRun(options.run);
  const { split } = options;
  const config = evalSettings(options, stored);
  const own = config.dataset === stored.dataset && config.dataRoot === stored.dataRoot;
  const name = own ? config.dataset : dataSetName(config);
  const path = join(folder.path, `eval-${name}-${split}${options.checkpoint === "last" ? "-last" : ""}.json`);
  await mayWrite(path);
  const checkpoint = VARIANTS[config.variant].trained ? folder[options.checkpoint] : undefined;
  const signal = onInterrupt(
    () => report.line("stopping (again Ctrl-C: stop at once)"),
    "stopped; the same command starts over, and finds the finished transcripts stored",
  );
  await using opened = await openWithModel(config, folder, checkpoint, { splits: [split], report, signal });
  const results = await evaluateRun(opened, split);
  const skipped = opened.job.data.skipped.summary();
  if (skipped !== undefined) report.line(skipped);
  report.result(presentRun(config, results).trimEnd());
  const content = { ...results, data: opened.job.data.fingerprint, command: repeatable(args) };
  await writeAtomic(path, sealed(content, 2));
  report.line(`results in ${path}`);
}
