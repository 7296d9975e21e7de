/**
 * `results.json` of a report: all collected results, enough to make the report again.
 *
 * @module
 */
import { z } from "zod";
import type { ExperimentFile } from "../../experiments/experiment_file.ts";
import { InputError } from "../../errors.ts";
import { readJson } from "../../files.ts";
import { openEntry, type ReportEntry, type StoredEntry } from "./entry.ts";

/** A name of a report's own files, from its folder: no other folder can be named. */
const OWN_FILE = /^(?:index\.html|README\.md|(?:figures|tables)\/[a-z0-9_]+\.(?:html|svg|png|pdf|csv|md|tex))$/;

/** A report as it is stored. */
export interface Collection {
  /** The results. */
  entries: ReportEntry[];
  /** The files that the report wrote beside this one, from its folder. */
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

/** The text of a report's `results.json`: a line an entry. */
export function collectionText({ entries, files }: Collection): string {
  const lines = entries.map(({ stored }) => JSON.stringify(stored));
  return `{"format":1,"report":"brewclip",\n"entries":[\n${lines.join(",\n")}\n],\n"files":${
    JSON.stringify(files, null, 1)
  }}\n`;
}

/**
 * Reads a report's `results.json` and checks it, field for field.
 *
 * @throws {InputError} where it is missing, no JSON, not a report's, or a field is missing, unknown or impossible.
 */
export async function readCollection(path: string): Promise<Collection> {
  const checked = schema.safeParse(await readJson(path));
  if (!checked.success) {
    const faults = checked.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`);
    throw new InputError(
      `Cannot use '${path}' as it must be the results.json of a report: ${faults.join("; ")}. ` +
        `Make the report again with 'deno task report', or take a run with --runs.`,
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
