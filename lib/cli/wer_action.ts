/**
 * What `wer` does, loaded when it is asked for.
 *
 * @module
 */
import { basename, join } from "@std/path";
import type { Split } from "../data/pair.ts";
import { readSettings, writeExperiment } from "../experiments/experiment_file.ts";
import { runWer } from "../experiments/wer/wer_job.ts";
import { WER_SCHEMAS, type WerSettings } from "../experiments/wer/wer_results.ts";
import { type Normaliser, NORMALISERS } from "../experiments/wer/wer_samples.ts";
import { werTable } from "../experiments/wer/wer_table.ts";
import { writeJsonLines } from "../files/json_lines.ts";
import { freeRunPath, mayWrite, openRun } from "../training/run_folder.ts";
import { consoleReport } from "./console_report.ts";
import { onInterrupt } from "./interrupt.ts";
import { evalSettings, newSettings } from "./settings.ts";
import type { WerCommandOptions } from "./wer.ts";

/**
 * Relates word errors to recall and writes `results.json`, `table.md` and `samples.jsonl`.
 *
 * @throws {InputError} where the data, a model, the run, the table or the file to repeat is at fault.
 */
export async function werFromOptions(options: WerCommandOptions): Promise<"complete" | "interrupted"> {
  const report = consoleReport();
  const settings = options.from === undefined
    ? await asked(options)
    : await readSettings(options.from, "wer", WER_SCHEMAS);
  const out = options.out ?? await freeRunPath(nameOf(settings));
  await mayWrite(out);
  const signal = onInterrupt(() => report.line("stopping: what was heard is stored (again Ctrl-C: stop at once)"));
  const outcome = await runWer(settings, out, { report, signal });
  if (outcome === undefined) {
    report.line("stopped; the same command continues");
    return "interrupted";
  }
  const { result, samples } = outcome;
  const table = werTable(settings, result);
  report.result(table.trimEnd());
  if (samples.length > 0) await writeJsonLines(join(out, "samples.jsonl"), samples);
  report.line(`results in ${await writeExperiment(out, { experiment: "wer", settings, result }, table)}`);
  return "complete";
}

async function asked(options: WerCommandOptions): Promise<WerSettings> {
  if (options.table !== undefined) return { source: "table", table: options.table };
  const { k, seed } = options;
  const split = options.split as Split;
  const normalisers = NORMALISERS.filter((name: Normaliser) => ["both", name].includes(options.normaliser));
  const shared = { split, k, normalisers, seed };
  if (options.run === undefined) {
    const { preset, dataset, dataRoot, data, clip, whisper, cache, backend } = options;
    const named = Object.entries({ preset, dataset, dataRoot, data, clip, whisper, cache, backend })
      .filter(([, value]) => value !== undefined);
    const config = newSettings({ ...Object.fromEntries(named), variant: "pip-zero-shot" });
    return { source: "model", config, run: null, ...shared };
  }
  const { config: stored } = await openRun(options.run);
  const config = evalSettings({ ...options, run: options.run }, stored);
  const checkpoint = options.checkpoint as "best" | "last";
  return { source: "model", config, run: { path: options.run, config: stored, checkpoint }, ...shared };
}

function nameOf(settings: WerSettings): string {
  if (settings.source === "table") return "wer-table";
  const { run, config, split } = settings;
  return `wer-${run === null ? "zero-shot" : basename(run.path)}-${config.dataset}-${split}`;
}
