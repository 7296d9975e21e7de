/**
 * The check of a data set: its index, and each of its files once.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../files.ts";
import { type CheckedName, listEntries } from "./entries.ts";
import { lookAtAll } from "./look_all.ts";
import { checkName, CHECKS_FOLDER } from "./manifest.ts";
import { ManifestWriter } from "./manifest_writer.ts";
import { findingsOf, reportOf } from "./report_of.ts";
import { type CheckReport, parseCheckReport } from "./report_schema.ts";
import { longReport } from "./report_text.ts";
import type { Finding } from "./seen.ts";

/** Options of {@link checkDataset}. */
export interface CheckOptions {
  /** The folder of all checks. Default `runs/checks`. */
  checks?: string | undefined;
  /** Files that are decoded at once, each in a worker. Default: the number of cores. */
  workers?: number | undefined;
  /** Seconds after which a file counts as one on which the decoder hangs. Default 300. */
  limit?: number | undefined;
  /** Findings of each kind that `report.md` lists. Default 20. */
  first?: number | undefined;
  /** Stops at once; what was seen stays in the manifest, and the next check goes on from there. */
  signal?: AbortSignal | undefined;
  /** Called once before the first look: files that are known from an earlier check, and all. */
  begin?: ((known: number, total: number) => void) | undefined;
  /** Called after each look with the number of files that are known now. */
  progress?: ((done: number) => void) | undefined;
  /** Takes a line for the user. */
  tell?: ((line: string) => void) | undefined;
}

/** What came of a check. */
export interface Checked {
  /** Where it is kept: `report.json`, `report.md`, `problems.jsonl`, `manifest.jsonl`. */
  folder: string;
  /** The numbers. */
  report: CheckReport;
  /** The findings, those first that make entries unusable. */
  findings: Finding[];
  /** Files that were looked at now; all others were known and unchanged. */
  looked: number;
}

/**
 * Checks a data set: reads its index, looks at each different recording and picture (size, time, content hash, decoded
 * whole), compares what belongs together, and writes into `runs/checks/DATASET-HASH/`
 *
 * - `manifest.jsonl`: a line a file, added as soon as it was looked at, so that a check that was killed goes on where it was
 *   and a later one looks at changed files only ({@link openManifest} reads it);
 * - `problems.jsonl`: a line a finding ({@link Finding});
 * - `report.json`: the numbers ({@link CheckReport}, {@link readCheckReport});
 * - `report.md`: both, for people.
 *
 * A bad file is a finding, never an error.
 *
 * @example
 * ```ts
 * import { checkDataset } from "./check_dataset.ts";
 * const folder = await Deno.makeTempDir();
 * await Deno.copyFile(new URL("../../../tests/fixtures/audio/tone.flac", import.meta.url), `${folder}/a.flac`);
 * await Deno.writeTextFile(`${folder}/moods.csv`, "audio,emotion,split\na.flac,glad,train\nb.flac,sad,test\n");
 * const { report, findings } = await checkDataset("own", `${folder}/moods.csv`, { checks: `${folder}/checks`, workers: 1 });
 * await Deno.remove(folder, { recursive: true });
 * if (report.all.usable !== 1 || findings[0]?.kind !== "missing") throw new Error("b.flac is not there");
 * ```
 *
 * @param root the data set's folder; of `"own"` its JSON-lines or CSV file
 * @throws {InputError} where the name is unknown or the index is broken.
 * @throws the signal's reason, where it was aborted.
 */
export async function checkDataset(dataset: CheckedName, root: string, options: CheckOptions = {}): Promise<Checked> {
  const { workers = navigator.hardwareConcurrency, limit = 300, first = 20, tell = () => {} } = options;
  const { signal, begin, progress } = options;
  const { entries, files, oddities } = await listEntries(dataset, root);
  const folder = join(options.checks ?? CHECKS_FOLDER, await checkName(dataset, root));
  using manifest = await ManifestWriter.open(folder, tell);
  const { lines, looked } = await lookAtAll(files, manifest, { workers, limit, signal, begin, progress });
  const seen = { entries, lines };
  const findings = findingsOf(seen, oddities);
  const report = parseCheckReport(reportOf(seen, findings, { dataset, root, checked: new Date() }), folder);
  await writeAtomic(join(folder, "problems.jsonl"), findings.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await writeAtomic(join(folder, "report.md"), longReport(report, findings, first));
  await writeAtomic(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  return { folder, report, findings, looked };
}
