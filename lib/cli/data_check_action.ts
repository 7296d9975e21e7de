/**
 * What `data check` does, loaded when it is asked for.
 *
 * @module
 */
import { checkDataset } from "../data/check/check_dataset.ts";
import type { CheckedName } from "../data/check/check_dataset.ts";
import { shortReport } from "../data/check/report_text.ts";
import type { PairsName } from "../data/load_pairs.ts";
import { InputError } from "../errors.ts";
import type { PartProgress } from "../experiments/report.ts";
import { dataRootOf } from "../training/presets.ts";
import { consoleReport } from "./console_report.ts";
import { onInterrupt } from "./interrupt.ts";

/** The options as commander gives them. */
export interface DataCheckOptions {
  /** The data set's folder. Default: `data/flickr8k`, `data/coco` or `data/ravdess`. */
  dataRoot?: string;
  /** With `own`: the JSON-lines or CSV file. */
  data?: string;
  /** Files that are decoded at once. Default: the number of cores. */
  workers?: number;
}

/**
 * Checks a data set, tells the short report, and where the long one stands.
 *
 * @param name the data set's name
 * @returns `"interrupted"` where the user stopped it: the same command goes on.
 * @throws {InputError} where the options do not fit together, the index is broken, or no entry can be used (after the report).
 */
export async function checkFromOptions(name: string, options: DataCheckOptions): Promise<"complete" | "interrupted"> {
  const { workers } = options;
  const root = rootOf(name, options);
  const report = consoleReport();
  const signal = onInterrupt(() => report.line("stopping: what was seen is kept (again Ctrl-C: stop at once)"));
  let shown: PartProgress | undefined;
  const begin = (known: number, total: number): void => {
    const earlier = known === 0 ? "" : ` (${known} more are known from an earlier check and unchanged)`;
    report.line(`${name} in '${root}': ${total - known} files to look at${earlier}`);
    shown = report.progress("check", total, "file", known);
  };
  try {
    const checked = await checkDataset(name as CheckedName, root, {
      workers,
      signal,
      begin,
      progress: (done) => shown?.update(done),
      tell: report.line,
    });
    shown?.stop();
    report.result(shortReport(checked.report));
    report.line(`the report: ${checked.folder}/report.md`);
    if (checked.report.usable) return "complete";
    throw new InputError(
      `Cannot use ${name} in '${root}' as none of its ${checked.report.all.entries} entries has all of its files: ` +
        `expected at least 1. See ${checked.folder}/report.md, and check the folder.`,
    );
  } catch (error) {
    shown?.stop();
    if (!(signal.aborted && error === signal.reason)) throw error;
    report.line("stopped; the same command goes on where it was");
    return "interrupted";
  }
}

/** Where the data set is: as the options say, else where `data get` and the presets put it. */
function rootOf(name: string, { dataRoot, data }: DataCheckOptions): string {
  const own = name === "own";
  const [other, wanted] = own ? [dataRoot, "--data FILE"] : [data, "--data-root DIR"];
  if (other !== undefined) {
    throw new InputError(
      `Cannot check ${name} as its place must be told by ${wanted} alone: ${own ? "--data-root" : "--data"} is given.`,
    );
  }
  if (own && data === undefined) throw new InputError("Cannot check own data as no file is given: add --data FILE.");
  return data ?? dataRoot ?? (name === "ravdess" ? "data/ravdess" : dataRootOf(name, name as PairsName));
}
