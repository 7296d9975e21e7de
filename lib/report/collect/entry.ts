/**
 * A collected result with where it comes from.
 *
 * @module
 */
import type { ExperimentFile } from "../../experiments/experiment_file.ts";
import { originKey } from "./data_origin.ts";
import { type Facts, factsOf } from "./facts_of.ts";
import { repeatCommand } from "./repeat_command.ts";
import { checkReportFile, type FileOf, type ReportFile, type ReportKind } from "./report_file.ts";

/** How a training went: lists of numbers, one a step or an evaluation. */
export interface RunCurve {
  /** Folder of the run, from the experiment's. */
  run: string;
  /** The variant. */
  variant: string;
  /** The seed. */
  seed: number;
  /** Optimizer steps. */
  steps: number[];
  /** What was minimised at each. */
  loss: number[];
  /** Steps at which dev was asked; none where it was not written down. */
  devSteps: number[];
  /** Mean R@1 of both directions on dev at those, in percent. */
  dev: number[];
}

/** What `results.json` of a report holds of a result. */
export interface StoredEntry {
  /** The run's folder. */
  run: string;
  /** When it was written: ISO 8601, UTC, to the second. */
  written: string;
  /** The command that makes it again. */
  command: string;
  /** How the models were trained, where that was kept. */
  curves: RunCurve[];
  /** The file as it stands in the run's folder. */
  file: ExperimentFile<unknown, unknown>;
}

/** The same, checked and read. */
export interface ReportEntry<Kind extends ReportKind = ReportKind> extends Facts {
  /** As it is stored. */
  stored: StoredEntry;
  /** Its content. */
  file: { [K in Kind]: FileOf<K> }[Kind];
}

/**
 * Reads a stored entry.
 *
 * @throws {InputError} where a field is missing, unknown or impossible.
 */
export function openEntry(stored: Omit<StoredEntry, "command"> & { command?: string }): ReportEntry {
  const file = checkReportFile(stored.file, stored.run);
  const { run, written, command = repeatCommand(file, run), curves } = stored;
  return { ...factsOf(file), stored: { run, written, command, curves, file: stored.file }, file };
}

/** Entries of one kind. */
export function entriesOf<Kind extends ReportKind>(entries: readonly ReportEntry[], kind: Kind): ReportEntry<Kind>[] {
  return entries.filter(({ file }) => file.experiment === kind) as unknown as ReportEntry<Kind>[];
}

/** What two results share of which the newer replaces the older: experiment, data and model. */
export function entryKey({ file, data, model }: Pick<ReportEntry, "file" | "data" | "model">): string {
  return [file.experiment, model, ...data.map(originKey).sort()].join("; ");
}

/**
 * Of results with the same key the newest, one of all data before one of a part of them; in the order of the kinds, the newest
 * of each first.
 */
export function newest(entries: readonly ReportEntry[], kinds: readonly ReportKind[]): ReportEntry[] {
  const byTime = entries.toSorted((a, b) =>
    kinds.indexOf(a.file.experiment) - kinds.indexOf(b.file.experiment) ||
    Number(isPart(a)) - Number(isPart(b)) ||
    (a.stored.written < b.stored.written ? 1 : a.stored.written > b.stored.written ? -1 : 0) ||
    (a.stored.run < b.stored.run ? -1 : 1)
  );
  const seen = new Set<string>();
  return byTime.filter((entry) => {
    const key = entryKey(entry);
    return !seen.has(key) && seen.add(key);
  });
}

function isPart({ data }: ReportEntry): boolean {
  return data.some(({ part }) => part !== undefined);
}

/** The kind of a file as its type. */
export type { ReportFile };
