/**
 * What an experiment is.
 *
 * @module
 */
import type { OptionTable } from "../options.ts";
import type { PartSchema } from "./experiment_file.ts";
import type { Report } from "./report.ts";

/** What an experiment works with beside its settings. */
export interface ExperimentContext {
  /** The folder of its results, and of the runs that it trains. */
  folder: string;
  /** Takes lines and progress. */
  report: Report;
  /** Stops it. What is transcribed and trained is kept, and the next call continues. */
  signal?: AbortSignal | undefined;
}

/** An experiment: settings in, data out. */
export interface Experiment<Settings, Result> {
  /** Its command. */
  name: string;
  /** What it does, for the help. */
  summary: string;
  /** Its options; `--from` and `--out` are added to every experiment's. */
  options: OptionTable;
  /**
   * The settings that the options ask for. `values` has the options by their names, undefined if not named.
   *
   * @throws {InputError} if a value or a run is at fault.
   */
  settings(values: Readonly<Record<string, unknown>>, context: ExperimentContext): Settings | Promise<Settings>;
  /** Names a new folder for these settings. Without it, results go to `runs/NAME`, and what is there is continued. */
  folderName?(settings: Settings): string;
  /** Checks of the two parts of `results.json`. */
  schemas: { settings: PartSchema<Settings>; result: PartSchema<Result> };
  /**
   * Finds the result.
   *
   * @throws {InputError} if data, models or earlier runs are at fault.
   * @throws the signal's reason, if it was aborted.
   */
  run(settings: Settings, context: ExperimentContext): Promise<Result>;
}
