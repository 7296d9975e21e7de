/**
 * What `tone` does, loaded when it is asked for.
 *
 * @module
 */
import { readSettings, writeExperiment } from "../experiments/experiment_file.ts";
import { toneExperiment } from "../experiments/tone/tone.ts";
import { TONE_SCHEMAS, type ToneSettings } from "../experiments/tone/tone_results.ts";
import { toneTable } from "../experiments/tone/tone_table.ts";
import type { Variant } from "../systems/variants.ts";
import { mayWrite } from "../training/run_folder.ts";
import { consoleReport } from "./console_report.ts";
import type { ExperimentOptions } from "./experiment_options.ts";
import { onInterrupt } from "./interrupt.ts";
import { newSettings } from "./settings.ts";
import { TONE_DEFAULTS } from "./tone.ts";

/**
 * Runs the tone benchmark; writes `results.json` and `table.md` beside the runs.
 *
 * @throws {InputError} where data, models, earlier runs or the file to repeat are at fault.
 */
export async function toneFromOptions(options: ExperimentOptions): Promise<"complete" | "interrupted"> {
  const report = consoleReport();
  const { variants = TONE_DEFAULTS.variants, seeds = 1, out = TONE_DEFAULTS.out, from, ...run } = options;
  const settings: ToneSettings = from === undefined
    ? {
      config: newSettings({ ...run, preset: run.preset ?? TONE_DEFAULTS.preset }),
      variants: variants as Variant[],
      seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    }
    : await readSettings(from, "tone", TONE_SCHEMAS);
  await mayWrite(out);
  const signal = onInterrupt(() => report.line("stopping: the state is being saved (again Ctrl-C: stop at once)"));
  const result = await toneExperiment(settings, out, { report, signal });
  if (result === undefined) {
    report.line("stopped; the same command goes on");
    return "interrupted";
  }
  const table = toneTable(settings, result);
  report.result(table.trimEnd());
  report.line(`results in ${await writeExperiment(out, { experiment: "tone", settings, result }, table)}`);
  return "complete";
}
