/**
 * What `data get` does, loaded when it is asked for.
 *
 * @module
 */
import type { PartProgress } from "../experiments/report.ts";
import { InputError } from "../errors.ts";
import { DATA_SOURCES, type DataSource, type PublishedRecordings } from "../hub/data_sources.ts";
import { describeSource, sizeOf } from "../hub/data_sources.ts";
import { fetchRecordings, listRecordings } from "../hub/fetch_data.ts";
import { fetchSource } from "../hub/fetch_data.ts";
import { TransferError } from "../hub/transfer.ts";
import { consoleReport } from "./console_report.ts";
import type { DataGetOptions } from "./data.ts";
import { INTERRUPTED, onInterrupt } from "./interrupt.ts";

/** The part of the recordings that are published one by one, as `--only` names it. */
const RECORDINGS = "recordings";

/**
 * Tells where a data set is published, and fetches it where that is asked for.
 *
 * @returns the exit code: 0, 1 where something could not be fetched, 130 where the user stopped it.
 * @throws {InputError} where the options do not fit together.
 */
export async function getFromOptions(name: string, options: DataGetOptions): Promise<number> {
  const source = DATA_SOURCES.find((known) => known.name === name) as DataSource;
  const folder = options.to ?? source.folder;
  checkOptions(source, options);
  const report = consoleReport();
  if (!options.fetch) {
    report.result(describeSource(source, folder));
    report.line(`fetch the files: deno task data get ${name} --fetch --to ${folder}`);
    return 0;
  }
  const signal = onInterrupt(() => report.line("stopping: what was fetched is kept (again Ctrl-C: stop at once)"));
  let shown: PartProgress | undefined;
  const tell = (line: string): void => shown === undefined ? report.line(line) : shown.line(line);
  const { mirror, copies, only } = options;
  try {
    const files = await fetchSource(source, folder, {
      mirror,
      copies,
      only,
      signal,
      tell,
      begin: (file) => {
        report.line(`${file.name}, ${sizeOf(file)}: ${file.url}`);
        return (done, total) => {
          if (total === undefined) return;
          shown ??= report.progress(file.name, total, "byte", done);
          shown.update(done);
        };
      },
      end: () => shown = void shown?.stop(),
    });
    for (const { file, outcome, checked, problem } of files) {
      if (outcome === "failed") report.line(`${problem} ${elsewhere(source, folder)}`);
      else if (outcome === "copy") report.line(`${file.name}: somebody's copy, not the authors'; --copies fetches it`);
      else report.line(`${file.name}: ${told(outcome, checked)}`);
    }
    let complete = files.every(({ outcome }) => outcome === "there" || outcome === "fetched");
    if (source.recordings !== undefined && (only === undefined || only.includes(RECORDINGS))) {
      complete = await recordings(source.recordings, { folder, mirror, signal, tell }) && complete;
    }
    const unpack = files.flatMap(({ file, outcome }) =>
      outcome === "fetched" && file.unpack ? [`  ${file.unpack}`] : []
    );
    if (unpack.length > 0) report.result(["now unpack", `  cd ${folder}`, ...unpack].join("\n"));
    return complete ? 0 : 1;
  } catch (error) {
    shown?.stop();
    if (!(signal.aborted && error === signal.reason)) throw error;
    report.line("stopped; the same command continues");
    return INTERRUPTED;
  }
}

/** Fetches the recordings that are published one by one; whether all are there. */
async function recordings(
  published: PublishedRecordings,
  { folder, ...options }: {
    folder: string;
    mirror: string | undefined;
    signal: AbortSignal;
    tell: (line: string) => void;
  },
): Promise<boolean> {
  const report = consoleReport();
  const names = await listRecordings(published, folder);
  if (names.length === 0) {
    report.line(`recordings: the lists that name them are not in '${folder}'; fetch or put them there first`);
    return false;
  }
  const shown = report.progress(RECORDINGS, names.length, "recording");
  try {
    const progress = (done: number): void => shown.update(done);
    const { fetched, there, failed } = await fetchRecordings(published, names, folder, { ...options, progress });
    shown.stop();
    report.line(`recordings: ${fetched} fetched, ${there} were there, ${failed.length} could not be fetched`);
    for (const { problem } of failed.slice(0, 5)) report.line(problem);
    return failed.length === 0;
  } catch (error) {
    shown.stop();
    if (!(error instanceof TransferError)) throw error;
    report.line(`${error.message} A mirror's folder with the recordings is enough.`);
    return false;
  }
}

function told(outcome: "there" | "fetched", checked: boolean): string {
  if (outcome === "there") return "is there already";
  return checked ? "fetched, checksum right" : "fetched; no checksum is published";
}

/** What else to do where a link is dead. */
function elsewhere({ name, pages }: DataSource, folder: string): string {
  return `See ${
    pages[0]
  }, or take it from a mirror (--mirror ADDRESS); any folder of the published layout is enough: ` +
    `deno task data check ${name} --data-root ${folder}.`;
}

function checkOptions({ name, files, recordings }: DataSource, { fetch, only, mirror, copies }: DataGetOptions): void {
  const known = [...files.map((file) => file.name), ...(recordings === undefined ? [] : [RECORDINGS])];
  const wrong = only?.find((file) => !known.includes(file));
  if (wrong !== undefined) {
    throw new InputError(`Cannot fetch '${wrong}' as ${name} has no such file: expected some of ${known.join(",")}.`);
  }
  if (mirror !== undefined && !/^https?:\/\/[^/\s]/.test(mirror)) {
    throw new InputError(`Cannot fetch from '${mirror}' as a mirror must be an address with http(s)://.`);
  }
  if (!fetch && (only !== undefined || mirror !== undefined || copies)) {
    throw new InputError("Cannot use --only, --mirror or --copies without --fetch: give it too.");
  }
}
