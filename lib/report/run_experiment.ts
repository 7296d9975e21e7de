/** Any experiment by its name: run, written and shown. The command line and the notebooks use this. */
import { join } from "@std/path";
import { type Experiment, type ExperimentFile, writeExperiment } from "../experiments/experiment.ts";
import { type ExperimentName, EXPERIMENTS, type Experiments } from "../experiments/registry.ts";
import type { Watch } from "../experiments/report.ts";
import { writeAtomic } from "../files/atomic.ts";
import { holdFolder } from "../files/lock.ts";
import { present } from "./present.ts";

/** How an experiment reports progress and stops, and the command that `results.json` stores. */
export interface RunExperimentOptions extends Watch {
  /** The words of the command. */
  command?: string[] | undefined;
}

/** An experiment's settings and result, and the files that present them. */
export type ExperimentFound<Name extends ExperimentName> = Experiments[Name] & {
  /** The tables as text for the terminal. */
  text: string;
  /** The same in Markdown, as in `table.md`. */
  markdown: string;
  /** Path of `results.json`. */
  path: string;
  /** Path of the page, if the experiment has one. */
  page?: string;
};

/**
 * Runs an experiment and writes the files that its command writes: `results.json` and `table.md`; for single queries `NAME.html`; for
 * word errors `samples.jsonl`. Earlier transcripts and trained models are reused.
 *
 * @param folder for the results and for the runs that the experiment needs
 * @throws {InputError} if data, models or earlier runs cannot be used.
 * @throws the signal's reason, if it was aborted.
 *
 * @example
 * ```ts ignore
 * const settings = { config: presetConfig("sample"), variants: ["pip", "full"], seeds: [1] };
 * const { result } = await runExperiment("compare", settings, "runs/compare", { report: notebookReport() });
 * ```
 */
export async function runExperiment<Name extends ExperimentName>(
  experiment: Name,
  settings: Experiments[Name]["settings"],
  folder: string,
  { command, ...watch }: RunExperimentOptions,
): Promise<ExperimentFound<Name>> {
  type Chosen = Experiment<Experiments[Name]["settings"], Experiments[Name]["result"]>;
  await using _lock = await holdFolder(folder);
  const result = await (EXPERIMENTS[experiment] as unknown as Chosen).run(settings, { ...watch, folder });
  const shown = await present(experiment, { settings, result } as Experiments[Name]);
  const page = shown.page && join(folder, `${experiment}.html`);
  if (page !== undefined) await writeAtomic(page, shown.page!);
  const content: Omit<ExperimentFile<unknown, unknown>, "format"> = { experiment, command, settings, result };
  const path = await writeExperiment(folder, content, shown.markdown);
  return {
    settings,
    result,
    text: shown.text,
    markdown: shown.markdown,
    path,
    ...(page && { page }),
  } as unknown as ExperimentFound<Name>;
}
