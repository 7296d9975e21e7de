/**
 * What `ser` does, loaded when it is asked for.
 *
 * @module
 */
import { basename } from "@std/path";
import { InputError } from "../errors.ts";
import { readSettings, writeExperiment } from "../experiments/experiment_file.ts";
import { FINE_TUNE } from "../experiments/ser/defaults.ts";
import { serExperiment } from "../experiments/ser/ser.ts";
import { SER_SCHEMAS, type SerEncoder, type SerSettings } from "../experiments/ser/ser_results.ts";
import { serTable } from "../experiments/ser/ser_table.ts";
import { checkConfig } from "../training/config.ts";
import { mayWrite, openRun } from "../training/run_folder.ts";
import { consoleReport } from "./console_report.ts";
import { onInterrupt } from "./interrupt.ts";
import { SER_DEFAULTS, type SerCommandOptions } from "./ser.ts";
import { newSettings } from "./settings.ts";

/**
 * Runs emotion recognition; writes `results.json` and `table.md` beside the encoders' runs.
 *
 * @throws {InputError} where data, models, runs or the file to repeat are at fault.
 */
export async function serFromOptions(options: SerCommandOptions): Promise<"complete" | "interrupted"> {
  const report = consoleReport();
  const { out = SER_DEFAULTS.out, from } = options;
  await mayWrite(out);
  const signal = onInterrupt(() => report.line("stopping: what is done is kept (again Ctrl-C: stop at once)"));
  const settings = from === undefined ? await asked(options) : await readSettings(from, "ser", SER_SCHEMAS);
  const result = await serExperiment(settings, out, { report, signal });
  if (result === undefined) {
    report.line("stopped; the same command goes on");
    return "interrupted";
  }
  const table = serTable(settings, result);
  report.result(table.trimEnd());
  report.line(`results in ${await writeExperiment(out, { experiment: "ser", settings, result }, table)}`);
  return "complete";
}

/** What the options say. */
async function asked(options: SerCommandOptions): Promise<SerSettings> {
  const { data, dataRoot = SER_DEFAULTS.dataRoot, calm = "neutral", transcript = "heard" } = options;
  const { fineTuneSteps: steps = FINE_TUNE.steps, fineTuneRate: learningRate = FINE_TUNE.learningRate } = options;
  const augment = options.augment ?? FINE_TUNE.augment;
  return {
    data: { dataset: data === undefined ? "ravdess" : "own", dataRoot: data ?? dataRoot, calm, transcript },
    encoders: options.baselinesOnly ? [] : await encodersOf(options),
    fineTune: options.fineTune === false ? null : { ...FINE_TUNE, steps, learningRate, augment },
    seeds: Array.from({ length: options.seeds ?? 1 }, (_, i) => i + 1),
    folds: options.folds ?? SER_DEFAULTS.folds,
    fineTuneFolds: options.fineTuneFolds ?? false,
  };
}

async function encodersOf(
  { run, preset = SER_DEFAULTS.preset, untrained = false, steps, clip, whisper, backend }: SerCommandOptions,
): Promise<SerEncoder[]> {
  if (run === undefined) {
    const named = definedOf({ steps, clip, whisper, backend });
    return (["full", "pip"] as const).map((variant) => ({
      name: variant,
      config: newSettings({ preset, variant, ...named }),
      path: null,
      trained: !untrained,
    }));
  }
  const encoders: SerEncoder[] = [];
  for (const path of run) {
    const { config } = await openRun(path);
    if (config.variant.startsWith("pip-zero-shot")) {
      throw new InputError(
        `Cannot use the run '${path}' as an encoder must have prompts to train: its variant is '${config.variant}'. ` +
          `Give a run of full, pip, pip-gt or e2e.`,
      );
    }
    const same = encoders.filter(({ config: { variant } }) => variant === config.variant).length;
    const name = same === 0 ? config.variant : `${config.variant}-${basename(path)}`;
    encoders.push({
      name,
      config: checkConfig({ ...config, backend: backend ?? config.backend }, path),
      path,
      trained: true,
    });
  }
  return encoders;
}

/** The entries that have a value. */
function definedOf<T>(entries: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Record<string, T>;
}
