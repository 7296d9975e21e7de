/** Checked results with their provenance, and the `results.json` that a report stores them in. */
import { z } from "zod";
import { InputError, messageOf } from "../../errors.ts";
import { checkExperiment, type ExperimentFile, type ExperimentSchemas } from "../../experiments/experiment.ts";
import { type ExperimentName, EXPERIMENTS, type Experiments } from "../../experiments/registry.ts";
import { checkResults, type RunResults } from "../../experiments/results.ts";
import { crc, unsealed } from "../../files/checksum.ts";
import { shellWord } from "../../files/escape.ts";
import { readJson } from "../../files/read.ts";
import { configPart, type RunConfig } from "../../training/config.ts";
import { type DataOrigin, originKey, originOf } from "./origin.ts";

/** A command line with its words quoted for a shell. */
export function commandLine(task: string, words: readonly string[]): string {
  return ["deno task", task, ...words.map(shellWord)].join(" ");
}

/** Settings and result of each kind. */
export interface ReportParts extends Experiments {
  /** A training run. */
  "train": { settings: RunConfig; result: RunResults };
}

/** A kind of results: an experiment, or `"train"` for a training run. */
export type ReportKind = keyof ReportParts;

/** The checked `results.json` of one kind. */
export type FileOf<Kind extends ReportKind> = {
  format: 1;
  experiment: Kind;
  /** The arguments of the command that made it, if they are known. */
  command?: string[] | undefined;
  /** What is needed to repeat it. */
  settings: ReportParts[Kind]["settings"];
  result: ReportParts[Kind]["result"];
};

export type ReportFile = { [Kind in ReportKind]: FileOf<Kind> }[ReportKind];

const TRAIN_SCHEMAS: ExperimentSchemas<RunConfig, RunResults> = {
  settings: configPart,
  result: z.unknown().transform((value, context): RunResults => {
    try {
      return checkResults(value, "a run");
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
      return z.NEVER;
    }
  }),
};

/** In the order of the report. */
export const REPORT_KINDS: readonly ReportKind[] = ["train", ...Object.keys(EXPERIMENTS) as ExperimentName[]];

/**
 * Checks the content of a file, field by field.
 *
 * @param source where it comes from, for the message
 * @throws {InputError} if the kind is unknown, or a field is missing, unknown or impossible.
 */
function checkReportFile(content: unknown, source: string): ReportFile {
  const kind = (content as { experiment?: unknown } | null)?.experiment;
  if (!isKind(kind)) {
    throw new InputError(
      `Cannot use '${source}' as it must be the results.json of an experiment in format 1: experiment ` +
        `${JSON.stringify(kind) ?? "none"} found, expected one of ${
          REPORT_KINDS.join(", ")
        }. Move it out of the folder.`,
    );
  }
  const schemas = kind === "train" ? TRAIN_SCHEMAS : EXPERIMENTS[kind].schemas as ExperimentSchemas<unknown, unknown>;
  return checkExperiment<unknown, unknown>(content, source, kind, schemas) as ReportFile;
}

function isKind(kind: unknown): kind is ReportKind {
  return (REPORT_KINDS as readonly unknown[]).includes(kind);
}

/** What identifies a result. */
export type Facts = {
  /** The data that it was tested on. */
  data: DataOrigin[];
  /** Seeds of the trained models; empty if nothing was trained. */
  seeds: number[];
  /** Distinguishes results of the same experiment and data: usually the variant. */
  model: string;
};

export function factsOf(file: ReportFile): Facts {
  switch (file.experiment) {
    case "train":
      return { data: [dataOf(file.settings)], seeds: [file.settings.seed], model: file.settings.variant };
    case "zero-shot":
      return { data: different(file.settings.configs.map(dataOf)), seeds: [], model: "" };
    case "compare":
      return { data: [dataOf(file.settings.config)], seeds: file.settings.seeds, model: "" };
    case "cross": {
      const { models } = file.settings;
      return {
        data: different(models.map(({ config }) => dataOf(config))),
        seeds: [...new Set(models.map(({ config }) => config.seed))],
        model: [...new Set(models.map(({ config }) => config.variant))].join(" "),
      };
    }
    case "ablate": {
      const [first] = file.settings.models;
      return { data: [dataOf(first!.config)], seeds: file.settings.seeds, model: first!.config.variant };
    }
    case "ser": {
      const { data: { dataset, dataRoot }, encoders, seeds } = file.settings;
      const trained = encoders.length === 0 || encoders.some(({ trained }) => trained);
      return { data: [originOf(dataset, dataRoot)], seeds, model: trained ? "" : "untrained" };
    }
    case "tone":
      return { data: [dataOf(file.settings.config)], seeds: file.settings.seeds, model: "" };
    case "wer": {
      const { settings } = file;
      if (settings.source === "table") return { data: [originOf("own", settings.table)], seeds: [], model: "table" };
      return ofModel(settings);
    }
    case "gallery":
      return ofModel(file.settings.models[0]!);
    case "space":
      return ofModel(file.settings.models.at(-1)!);
    case "attention":
    case "crop":
      return ofModel(file.settings.model);
    default: {
      // An experiment that the report does not know otherwise.
      const { config } = (file as { settings: { config?: RunConfig } }).settings;
      return config === undefined
        ? { data: [], seeds: [], model: "" }
        : { data: [dataOf(config)], seeds: [config.seed], model: config.variant };
    }
  }
}

function ofModel({ config, run }: { config: RunConfig; run: { config: RunConfig } | null }): Facts {
  return { data: [dataOf(config)], seeds: run === null ? [] : [run.config.seed], model: config.variant };
}

function dataOf({ dataset, dataRoot, maxPictures }: RunConfig): DataOrigin {
  return originOf(dataset, dataRoot, maxPictures);
}

function different(data: readonly DataOrigin[]): DataOrigin[] {
  return [...Map.groupBy(data, originKey).values()].map(([first]) => first!);
}

/** The log of a training run. */
export type RunCurve = {
  /** Folder of the run, relative to the experiment's. */
  run: string;
  variant: string;
  seed: number;
  steps: number[];
  loss: number[];
  /** Steps of the evaluations on dev; empty if they were not logged. */
  devSteps: number[];
  /** Mean R@1 of both directions on dev, in percent. */
  dev: number[];
};

/** A result in the `results.json` of a report. */
export type StoredEntry = {
  run: string;
  /** When it was written: ISO 8601, UTC, to the second. */
  written: string;
  command: string;
  /** Logs of the trained models, if there are any. */
  curves: RunCurve[];
  /** The file in the run's folder. */
  file: ExperimentFile<unknown, unknown>;
};

/** A stored result, checked. */
export interface ReportEntry<Kind extends ReportKind = ReportKind> extends Facts {
  /** As it is stored. */
  stored: StoredEntry;
  /** Its content. */
  file: { [K in Kind]: FileOf<K> }[Kind];
}

/**
 * Checks a stored entry.
 *
 * @throws {InputError} if a field is missing, unknown or impossible.
 */
export function openEntry(stored: Omit<StoredEntry, "command"> & { command?: string }): ReportEntry {
  const file = checkReportFile(stored.file, `${stored.run}/results.json`);
  const { run, written, command = repeatCommand(file, run), curves } = stored;
  return { ...factsOf(file), stored: { run, written, command, curves, file: stored.file }, file };
}

/** The stored command, or one that starts from the run's own file. */
function repeatCommand(file: ReportFile, run: string): string {
  const command = file.experiment === "train" ? file.result.command : file.command;
  if (command !== undefined) return commandLine(command[0]!, command.slice(1));
  return file.experiment === "train"
    ? commandLine("eval", ["--run", run])
    : commandLine(file.experiment, ["--from", `${run}/results.json`]);
}

export function entriesOf<Kind extends ReportKind>(entries: readonly ReportEntry[], kind: Kind): ReportEntry<Kind>[] {
  return entries.filter(({ file }) => file.experiment === kind) as unknown as ReportEntry<Kind>[];
}

/** The newer of two results with the same key replaces the older. */
export function entryKey({ file, data, model }: Pick<ReportEntry, "file" | "data" | "model">): string {
  return [file.experiment, model, ...data.map(originKey).sort()].join("; ");
}

/** The newest entry of each key; one on all data takes precedence over one on a part. Sorted by kind, the newest first. */
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

/** A report lists its own files only, so that none outside its folder is ever removed. */
const OWN_FILE = /^(?:index\.html|README\.md|(?:figures|tables)\/[a-z0-9_]+\.(?:html|svg|png|pdf|csv|md|tex))$/;

/** The content of a report's `results.json`. */
export interface Collection {
  entries: ReportEntry[];
  /** The other files of the report, relative to its folder. */
  files: string[];
}

const numbers = z.array(z.number());
const curve = z.strictObject({
  run: z.string(),
  variant: z.string(),
  seed: z.number().int().min(0),
  steps: numbers,
  loss: numbers,
  devSteps: numbers,
  dev: numbers,
}).refine(({ steps, loss, devSteps, dev }) => steps.length === loss.length && devSteps.length === dev.length, {
  message: "expected as many losses as steps",
});
const schema = z.strictObject({
  format: z.literal(1),
  report: z.literal("brewclip"),
  entries: z.array(z.strictObject({
    run: z.string().min(1),
    written: z.iso.datetime(),
    command: z.string().min(1),
    curves: z.array(curve),
    file: z.looseObject({}),
  })),
  files: z.array(z.string().regex(OWN_FILE, "expected a file of a report")),
});

/** One line per entry, so that changes are easy to compare. */
export function collectionText({ entries, files }: Collection): string {
  const lines = entries.map(({ stored }) => JSON.stringify(stored));
  const content = { format: 1, report: "brewclip", entries: entries.map(({ stored }) => stored), files };
  return `{"format":1,"report":"brewclip",\n"entries":[\n${lines.join(",\n")}\n],\n"files":${
    JSON.stringify(files, null, 1)
  },\n"checksum":${crc(JSON.stringify(content))}}\n`;
}

/**
 * Reads and checks a report's `results.json`.
 *
 * @throws {InputError} if it is missing, damaged, or not that of a report.
 */
export async function readCollection(path: string): Promise<Collection> {
  const checked = schema.safeParse(unsealed(await readJson(path), `'${path}'`));
  if (!checked.success) {
    const faults = checked.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`);
    throw new InputError(
      `Cannot use '${path}' as it must be the results.json of a report: ${faults.join("; ")}. ` +
        `Make the report again with 'deno task report', or name runs with --runs.`,
    );
  }
  const entries = checked.data.entries.map((entry, i) => {
    const stored: StoredEntry = { ...entry, file: entry.file as unknown as ExperimentFile<unknown, unknown> };
    try {
      return openEntry(stored);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`Cannot use entry ${i} of '${path}': ${error.message}`);
    }
  });
  return { entries, files: checked.data.files };
}
