/**
 * What `train --dry-run` does.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { dryRun } from "../experiments/dry_run.ts";
import { formatPlan } from "../experiments/dry_run/plan.ts";
import { checkNewRun, freeRunPath } from "../training/run_folder.ts";
import { consoleReport } from "./console_report.ts";
import { onInterrupt } from "./interrupt.ts";
import { newSettings } from "../training/settings.ts";
import type { TrainOptions } from "../training/options.ts";

/**
 * Prints the plan of a run. Writes nothing.
 *
 * @throws {InputError} where something is lacking; lists it.
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
