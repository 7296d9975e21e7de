/** The definition of an experiment, and its `results.json`: its settings and everything that its figures need. */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { shellWord } from "../files/escape.ts";
import { sealed, unsealed } from "../files/checksum.ts";
import { readJson } from "../files/read.ts";
import type { OptionTable } from "../options.ts";
import type { Report } from "./report.ts";

/** What an experiment works with besides its settings. */
export interface ExperimentContext {
  /** The folder of its results, and of the runs that it trains. */
  folder: string;
  /** Receives lines and progress. */
  report: Report;
  /** Stops it. Finished work stays stored, and the next call continues. */
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
  schemas: ExperimentSchemas<Settings, Result>;
  /**
   * Finds the result.
   *
   * @throws {InputError} if data, models or earlier runs are at fault.
   * @throws the signal's reason, if it was aborted.
   */
  run(settings: Settings, context: ExperimentContext): Promise<Result>;
}

/** The content of a `results.json`. */
export type ExperimentFile<Settings, Result> = {
  format: 1;
  experiment: string;
  /** The arguments of the command that made it, from the task's name on; absent if a program or an earlier version did. */
  command?: string[] | undefined;
  /** All that is needed to repeat it. */
  settings: Settings;
  result: Result;
};

/** Checks one of the two parts of the file, and locates each fault. */
export interface PartSchema<T> {
  /** The checked value, or the faults with their places. */
  safeParse(value: unknown): { success: true; data: T } | {
    success: false;
    error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] };
  };
}

/** Checks of the two parts of the file. */
export type ExperimentSchemas<Settings, Result> = {
  settings: PartSchema<Settings>;
  result: PartSchema<Result>;
};

/**
 * Writes `results.json` and `table.md` into a folder, which is made if it is missing.
 *
 * @param markdown the table, with its title
 * @returns the path of `results.json`
 */
export async function writeExperiment<Settings, Result>(
  folder: string,
  content: Omit<ExperimentFile<Settings, Result>, "format">,
  markdown: string,
): Promise<string> {
  const path = join(folder, "results.json");
  const { experiment, command, settings, result } = content;
  const json = JSON.stringify({ format: 1, experiment, command, settings, result }, finite);
  await writeAtomic(path, sealed(JSON.parse(json), 1));
  await writeAtomic(join(folder, "table.md"), `${markdown.trimEnd()}\n`);
  return path;
}

/**
 * Reads a `results.json` of one experiment and checks it, field for field.
 *
 * @throws {InputError} if it is missing, not JSON, of another experiment, or a field is missing, unknown or impossible.
 */
export async function readExperiment<Settings, Result>(
  path: string,
  experiment: string,
  schemas: ExperimentSchemas<Settings, Result>,
): Promise<ExperimentFile<Settings, Result>> {
  return checkExperiment(unsealed(await readJson(path), `'${path}'`), path, experiment, schemas);
}

/**
 * Reads the settings of a `results.json`, to repeat its experiment. The result is not read: it may be damaged or of another
 * version.
 *
 * @throws {InputError} if it is missing, not JSON, of another experiment, or a setting is missing, unknown or impossible.
 */
export async function readSettings<Settings>(
  path: string,
  experiment: string,
  schemas: { settings: PartSchema<Settings> },
): Promise<Settings> {
  return settingsOf(checkKind(await readJson(path), path, experiment), path, schemas);
}

/**
 * Checks the content of a `results.json`, field for field.
 *
 * @param path where it comes from, for the message
 * @throws {InputError} if it is of another experiment, or a field is missing, unknown or impossible.
 */
export function checkExperiment<Settings, Result>(
  content: unknown,
  path: string,
  experiment: string,
  schemas: ExperimentSchemas<Settings, Result>,
): ExperimentFile<Settings, Result> {
  const file = checkKind(content, path, experiment);
  const settings = settingsOf(file, path, schemas);
  const remedy = experiment === "train"
    ? "Evaluate the run again"
    : `Repeat the experiment: deno task ${experiment} --from ${shellWord(path)}`;
  const result = checkPart("result", file, path, schemas.result, remedy);
  const command = checkedCommand(file);
  return { format: 1, experiment, ...(command && { command }), settings, result };
}

/**
 * The arguments that a `results.json` holds.
 *
 * @returns undefined if it has none: a program or an earlier version made it
 */
export async function commandIn(path: string): Promise<string[] | undefined> {
  return checkedCommand(await readJson(path) as Unchecked);
}

/** The arguments in a file; undefined if there are none that could be. */
export function checkedCommand({ command }: { command?: unknown }): string[] | undefined {
  return Array.isArray(command) && command.every((word) => typeof word === "string") ? command : undefined;
}

type Unchecked = Partial<ExperimentFile<unknown, unknown>>;

/** Checks that the file is of the experiment, and nothing else. */
function checkKind(content: unknown, path: string, experiment: string): Unchecked {
  const value = content as Unchecked | null;
  if (value === null || typeof value !== "object" || value.format !== 1 || value.experiment !== experiment) {
    throw new InputError(
      `Cannot use '${path}' as it must be the results.json of '${experiment}' in format 1: it is ` +
        `${JSON.stringify(value?.experiment) ?? "something else"} in format ${
          JSON.stringify(value?.format) ?? "none"
        }.`,
    );
  }
  return value;
}

function settingsOf<Settings>(
  file: Unchecked,
  path: string,
  schemas: { settings: PartSchema<Settings> },
): Settings {
  return checkPart(
    "settings",
    file,
    path,
    schemas.settings,
    "Mend these settings, or repeat the experiment without --from",
  );
}

function checkPart<T>(
  name: "settings" | "result",
  file: Unchecked,
  path: string,
  schema: PartSchema<T>,
  remedy: string,
): T {
  const checked = schema.safeParse(file[name]);
  if (checked.success) return checked.data;
  const { issues } = checked.error;
  const faults = issues.slice(0, 5).map((issue) => `${[name, ...issue.path].join(".")}: ${issue.message}`);
  const more = issues.length > 5 ? `; and ${issues.length - 5} more` : "";
  throw new InputError(`Cannot use the results of '${path}': ${faults.join("; ")}${more}. ${remedy}.`);
}

/** JSON has no NaN, so unknown values become null. */
function finite(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}
