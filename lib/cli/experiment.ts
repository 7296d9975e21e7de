/** The command of any experiment. */
import { Command } from "commander";
import { join } from "@std/path";
import { commandIn, type Experiment, readSettings } from "../experiments/experiment.ts";
import { type ExperimentName, EXPERIMENTS, type Experiments } from "../experiments/registry.ts";
import { lazily } from "../lazily.ts";
import type { OptionSpec, OptionTable } from "../options.ts";
import { mayWrite, newRunPath } from "../training/run_folder.ts";
import { onInterrupt } from "./interrupt.ts";
import { addOptions, repeatable } from "./options.ts";

type Settings = Experiments[ExperimentName]["settings"];

/**
 * Makes the command of an experiment. It writes `results.json` and `table.md`, and prints the table.
 *
 * @param args the arguments of the whole command line, which `results.json` stores
 */
export function experimentCommand(name: ExperimentName, args: readonly string[]): Command {
  const experiment = EXPERIMENTS[name] as Experiment<Settings, unknown>;
  const { summary, options, schemas } = experiment;
  const command = addOptions(new Command(name).description(summary), {
    ...options,
    from: from(options),
    out: out(experiment),
  });
  return command.action(async ({ from, out, ...values }: { from?: string; out?: string }) => {
    const { consoleReport } = await lazily<typeof import("./progress.ts")>("./progress.ts", import.meta.url);
    const report = consoleReport();
    const signal = onInterrupt(() => report.line("stopping: finished work stays stored (again Ctrl-C: stop at once)"));
    const known = out ?? (experiment.folderName ? undefined : join("runs", name));
    if (known !== undefined) await mayWrite(known);
    const settings = from === undefined
      ? await experiment.settings(values, { report, signal, folder: known ?? "runs" })
      : await readSettings(from, name, schemas);
    const folder = known ?? await newRunPath(experiment.folderName!(settings));
    await mayWrite(folder);
    const { runExperiment } = await lazily<typeof import("../report/run_experiment.ts")>(
      "../report/run_experiment.ts",
      import.meta.url,
    );
    const command = from === undefined ? repeatable(args) : await commandIn(from);
    const { markdown, path, page } = await runExperiment(name, settings, folder, { report, signal, command });
    report.result(markdown.trimEnd());
    report.line(`results in ${path}${page === undefined ? "" : `; open ${page}`}`);
  });
}

/** `--from`, which combines with `--out` only, as the file has all settings. */
function from(others: OptionTable): OptionSpec {
  const help = "repeat the experiment of this results.json";
  return { flags: "--from <file>", help, value: { kind: "text" }, conflicts: Object.keys(others) };
}

function out({ name, folderName }: Experiment<Settings, unknown>): OptionSpec {
  const [help, unset] = folderName === undefined
    ? ["the folder of runs and results; an earlier run there is continued", `runs/${name}`]
    : ["the folder of the results", `a new folder runs/${name}-...`];
  return { flags: "--out <folder>", help, value: { kind: "text" }, unset };
}
