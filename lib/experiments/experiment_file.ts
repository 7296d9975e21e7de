/**
 * What every experiment leaves behind: one `results.json` that holds its settings and all that its figures need, and the
 * same as a table in Markdown.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import type { z } from "zod";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { readJson } from "../files/read.ts";

/** The experiments by the names of their commands. */
export const EXPERIMENTS = [
  "zero-shot",
  "compare",
  "cross",
  "ser",
  "wer",
  "gallery",
  "attention",
  "crop",
  "space",
  "tone",
  "ablate",
] as const;

/** The name of an experiment. */
export type ExperimentName = (typeof EXPERIMENTS)[number];

/** The content of a `results.json`. */
export interface ExperimentFile<Settings, Result> {
  /** Version of the layout. */
  format: 1;
  /** Which experiment it is. */
  experiment: ExperimentName;
  /** All that is needed to repeat it. */
  settings: Settings;
  /** What was found. */
  result: Result;
}

/** Checks one of the two parts of the file; takes the value and says where each fault lies. */
export type PartSchema<T> = {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: z.ZodError };
};

/**
 * Writes `results.json` and `table.md` into a folder, which is made where it is missing.
 *
 * @param markdown the table, with its title
 */
export async function writeExperiment<Settings, Result>(
  folder: string,
  content: Omit<ExperimentFile<Settings, Result>, "format">,
  markdown: string,
): Promise<string> {
  const path = join(folder, "results.json");
  const { experiment, settings, result } = content;
  await writeAtomic(path, `${JSON.stringify({ format: 1, experiment, settings, result }, finite, 1)}\n`);
  await writeAtomic(join(dirname(path), "table.md"), `${markdown.trimEnd()}\n`);
  return path;
}

/**
 * Reads a `results.json` of one experiment and checks it, field for field.
 *
 * @throws {InputError} where it is missing, no JSON, of another experiment, or a field is missing, unknown or impossible.
 */
export async function readExperiment<Settings, Result>(
  path: string,
  experiment: ExperimentName,
  schemas: { settings: PartSchema<Settings>; result: PartSchema<Result> },
): Promise<ExperimentFile<Settings, Result>> {
  return checkExperiment(await readJson(path), path, experiment, schemas);
}

/**
 * Reads the settings of a `results.json`, by which its experiment is repeated: what was found may be damaged, or of a version
 * that held something else.
 *
 * @throws {InputError} where it is missing, no JSON, of another experiment, or a setting is missing, unknown or impossible.
 */
export async function readSettings<Settings>(
  path: string,
  experiment: ExperimentName,
  schemas: { settings: PartSchema<Settings> },
): Promise<Settings> {
  return settingsOf(checkKind(await readJson(path), path, experiment), path, schemas);
}

/**
 * Checks the content of a `results.json`, field for field.
 *
 * @param path where it comes from, for the message
 * @throws {InputError} where it is of another experiment, or a field is missing, unknown or impossible.
 */
export function checkExperiment<Settings, Result>(
  content: unknown,
  path: string,
  experiment: ExperimentName,
  schemas: { settings: PartSchema<Settings>; result: PartSchema<Result> },
): ExperimentFile<Settings, Result> {
  const file = checkKind(content, path, experiment);
  const settings = settingsOf(file, path, schemas);
  const remedy = `Repeat the experiment: deno task ${experiment} --from ${path}`;
  return { format: 1, experiment, settings, result: checkPart("result", file, path, schemas.result, remedy) };
}

type Unchecked = Partial<ExperimentFile<unknown, unknown>>;

/** A file of an experiment, of which nothing else is known. */
function checkKind(content: unknown, path: string, experiment: ExperimentName): Unchecked {
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
  const faults = checked.error.issues.map((issue) => `${[name, ...issue.path].join(".")}: ${issue.message}`);
  throw new InputError(`Cannot use the results of '${path}': ${faults.join("; ")}. ${remedy}.`);
}

/** JSON knows no NaN: what is not known is null. */
function finite(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

/** A Markdown table. Cells are padded, so that the text itself can be read too. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}
