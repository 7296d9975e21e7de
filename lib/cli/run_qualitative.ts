/**
 * What the commands that look at single queries do alike: run, tell, write.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { type ExperimentName, writeExperiment } from "../experiments/experiment_file.ts";
import type { ModelChoice } from "../experiments/qualitative/model_choice.ts";
import type { Report } from "../experiments/report.ts";
import { writeAtomic } from "../files/atomic.ts";
import { freeRunPath, mayWrite } from "../training/run_folder.ts";
import { consoleReport } from "./console_report.ts";
import { onInterrupt } from "./interrupt.ts";

/** The three functions of an experiment. */
export interface Qualitative<Settings, Result> {
  /** Finds the result; undefined where it was stopped. */
  experiment: (
    settings: Settings,
    folder: string,
    options: { report: Report; signal?: AbortSignal | undefined },
  ) => Promise<Result | undefined>;
  /** The result in Markdown. */
  table: (settings: Settings, result: Result) => string;
  /** The result as a page, where there is one. */
  page?: (settings: Settings, result: Result) => Promise<string>;
}

/**
 * Runs an experiment; writes `results.json`, `table.md` and, where it has a page, `NAME.html` into its folder.
 *
 * @param out the folder. Default a new one, named after the experiment, the first model and its data.
 */
export async function runQualitative<Settings, Result>(
  name: ExperimentName,
  settings: Settings,
  models: readonly ModelChoice[],
  out: string | undefined,
  { experiment, table, page }: Qualitative<Settings, Result>,
): Promise<"complete" | "interrupted"> {
  const report = consoleReport();
  const { config, run } = models[0] as ModelChoice;
  const folder = out ??
    await freeRunPath(`${name}-${run === null ? "zero-shot" : basename(run.path)}-${config.dataset}`);
  await mayWrite(folder);
  const signal = onInterrupt(() => report.line("stopping: what was heard is stored (again Ctrl-C: stop at once)"));
  const result = await experiment(settings, folder, { report, signal });
  if (result === undefined) {
    report.line("stopped; the same command goes on");
    return "interrupted";
  }
  const text = table(settings, result);
  report.result(text.trimEnd());
  if (page !== undefined) await writeAtomic(join(folder, `${name}.html`), await page(settings, result));
  const path = await writeExperiment(folder, { experiment: name, settings, result }, text);
  const look = page === undefined ? "deno task report" : join(folder, `${name}.html`);
  report.line(`results in ${path}, to be looked at with ${look}`);
  return "complete";
}
