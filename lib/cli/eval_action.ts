/**
 * What `eval` does, loaded when it is asked for.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../files/atomic.ts";
import { evaluateRun } from "../experiments/main_job.ts";
import { openJob } from "../experiments/open_job.ts";
import { mayWrite, openRun } from "../training/run_folder.ts";
import { consoleReport } from "./console_report.ts";
import { repeatable } from "./options.ts";
import type { EvalOptions } from "./eval.ts";
import { evalSettings } from "../training/settings.ts";
import { showResults } from "./train_action.ts";

/**
 * Repeats a run's table; writes `eval-DATASET-SPLIT.json` into the run's folder.
 *
 * @throws {InputError} where the run, its checkpoint or the data set is at fault.
 */
export async function evalFromOptions(options: EvalOptions, args: readonly string[]): Promise<void> {
  const report = consoleReport();
  const { folder, config: stored } = await openRun(options.run);
  const split = options.split as "train" | "dev" | "test";
  const config = evalSettings(options, stored);
  const path = join(folder.path, `eval-${config.dataset}-${split}.json`);
  await mayWrite(path);
  await using job = await openJob(config, folder, { splits: [split], report });
  const results = await evaluateRun(job, split, options.checkpoint as "best" | "last");
  const leftOut = job.data.leftOut.summary();
  if (leftOut !== undefined) report.line(leftOut);
  showResults(results, report.result);
  await writeAtomic(path, `${JSON.stringify({ ...results, command: repeatable(args) }, null, 2)}\n`);
  report.line(`results in ${path}`);
}
