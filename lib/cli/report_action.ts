/** What `report` does, loaded when it is asked for. */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { shellWord } from "../files/escape.ts";
import { entryKey, newest, readCollection, REPORT_KINDS, type ReportEntry } from "../report/collect/entry.ts";
import { findResults, openResults } from "../report/collect/find_results.ts";
import { gapsOnSample } from "../report/collect/gaps.ts";
import { FIGURE_FORMATS } from "../report/draw_figures.ts";
import { makeReport } from "../report/make_report.ts";
import { consoleReport } from "./progress.ts";
import { onInterrupt } from "./interrupt.ts";
import type { ReportOptions } from "./report.ts";

/**
 * Makes the report, or prints what is missing.
 *
 * @throws {InputError} if a named run or file is at fault, there is no result, or the folder may not be written.
 */
export async function reportFromOptions(options: ReportOptions): Promise<void> {
  const report = consoleReport();
  const { out, formats = [...FIGURE_FORMATS], only } = options;
  const found = await entriesFor(options, report.line);
  const entries = only === undefined
    ? found
    : found.filter(({ data, stored }) =>
      data.every(({ kind }) => kind === only) || only === "sample" && stored.run.startsWith(`${MEASURED}/`)
    );
  if (options.missing) {
    const gaps = await gapsOnSample(entries);
    for (const { command } of gaps) console.log(command);
    report.line(gaps.length === 0 ? "no result on the sample is missing" : `${gaps.length} results are missing`);
    return;
  }
  if (entries.length === 0) {
    throw new InputError(
      `Cannot make a report as there are no results${only === undefined ? "" : ` of ${only} data`}: expected a ` +
        `results.json below ./runs. Make some: deno task report --missing | sh`,
    );
  }
  await mayWriteReport(out);
  const signal = onInterrupt(
    () => report.line("stopping: the earlier report stays unchanged (again Ctrl-C: stop at once)"),
    "stopped; nothing was changed",
  );
  const made = await makeReport(entries, { out, formats, report, signal });
  if (made === undefined) throw signal.reason;
  const { figures, tables } = made;
  report.line(`${entries.length} results, ${figures} figures, ${tables} tables: open ${join(out, "index.html")}`);
}

/** Results on published data and models, which the repository has: few users can make them. Their own runs take precedence. */
const MEASURED = "reports/measured";

async function entriesFor({ runs, from }: ReportOptions, tell: (line: string) => void): Promise<ReportEntry[]> {
  if (from !== undefined) return (await readCollection(from)).entries;
  if (runs !== undefined) {
    const named = await Promise.all(runs.map(openResults));
    const shown = newest(named, REPORT_KINDS);
    for (const entry of named.filter((one) => !shown.includes(one))) {
      const newer = shown.find((one) => entryKey(one) === entryKey(entry));
      tell(
        `skipped ${entry.stored.run}: ${newer?.stored.run} has the same experiment on the same data and is used`,
      );
    }
    return shown;
  }
  const own = await findResults("runs"), measured = await findResults(MEASURED);
  for (const { run, reason } of [...own.unusable, ...measured.unusable]) tell(`skipped ${run}: ${reason}`);
  const keys = new Set(own.entries.map(entryKey));
  return newest([...own.entries, ...measured.entries.filter((entry) => !keys.has(entryKey(entry)))], REPORT_KINDS);
}

async function mayWriteReport(path: string): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "write", path });
  if (state === "granted") return;
  throw new InputError(
    `Cannot write to '${path}' as the task may write to ./reports and ./runs only: give a folder there, or grant it with ` +
      `'deno run -P=report --allow-write=${shellWord(path)} lib/cli/main.ts report --out ${shellWord(path)}'.`,
  );
}
