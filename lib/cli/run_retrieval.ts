/**
 * What the retrieval experiments have in common on the command line.
 *
 * @module
 */
import { type ExperimentName, type PartSchema, readSettings, writeExperiment } from "../experiments/experiment_file.ts";
import type { TrialOptions } from "../experiments/trials/run_trial.ts";
import type { TrialResult } from "../experiments/trials/trial_results.ts";
import { mayWrite } from "../training/run_folder.ts";
import { consoleReport } from "./console_report.ts";
import { onInterrupt } from "./interrupt.ts";

/** An experiment as the command line sees it. */
export interface RetrievalExperiment<Settings> {
  /** Its name. */
  experiment: ExperimentName;
  /** Checks of its file. */
  schemas: { settings: PartSchema<Settings>; result: PartSchema<TrialResult> };
  /** The settings that the options tell. */
  settings: () => Settings | Promise<Settings>;
  /** The experiment itself; undefined where it was stopped. */
  work: (settings: Settings, folder: string, options: TrialOptions) => Promise<TrialResult | undefined>;
  /** Its table. */
  table: (settings: Settings, result: TrialResult) => string;
}

/**
 * Runs an experiment; writes `results.json` and `table.md` into the folder, and prints the table.
 *
 * @param from a `results.json` whose settings are repeated
 * @throws {InputError} where options, data, models, earlier runs or the file to repeat are at fault.
 */
export async function runRetrieval<Settings>(
  { experiment, schemas, settings: make, work, table: tableOf }: RetrievalExperiment<Settings>,
  { from, out }: { from?: string | undefined; out: string },
): Promise<"complete" | "interrupted"> {
  const report = consoleReport();
  const settings = from === undefined ? await make() : await readSettings(from, experiment, schemas);
  await mayWrite(out);
  const signal = onInterrupt(() => report.line("stopping: the state is being saved (again Ctrl-C: stop at once)"));
  const result = await work(settings, out, { report, signal });
  if (result === undefined) {
    report.line("stopped; the same command goes on");
    return "interrupted";
  }
  const table = tableOf(settings, result);
  report.result(table);
  report.line(`results in ${await writeExperiment(out, { experiment, settings, result }, table)}`);
  return "complete";
}
