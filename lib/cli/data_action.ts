/** Runs the `data` commands. */
import { parseClipConfig } from "../clip/config.ts";
import { checkDataset, type CheckedName } from "../data/check/check_dataset.ts";
import { shortReport } from "../data/check/report.ts";
import type { PairsName } from "../data/load_pairs.ts";
import { InputError } from "../errors.ts";
import type { PartProgress } from "../experiments/report.ts";
import { hubCache } from "../hub/cache.ts";
import {
  DATA_SOURCES,
  type DataSource,
  describeSource,
  type PublishedFile,
  type PublishedRecordings,
  sizeOf,
} from "../hub/data_sources.ts";
import { downloadModel } from "../hub/download_model.ts";
import { fetchRecordings, fetchSource, listRecordings } from "../hub/fetch_data.ts";
import { findModel } from "../hub/find_model.ts";
import { hubOfEnvironment } from "../hub/hub_api.ts";
import { isHubId, MODEL_PRESETS, modelPreset } from "../hub/models.ts";
import { TransferError } from "../hub/transfer.ts";
import { dataRootOf } from "../training/presets.ts";
import type { DataCheckOptions, DataGetOptions, DataModelOptions } from "./data.ts";
import { consoleReport } from "./progress.ts";
import { onInterrupt } from "./interrupt.ts";

const CONTINUES = "stopped; the same command continues";

/**
 * Fetches a model, or lists the models with a short name.
 *
 * @throws {InputError} if there is no such model, or it cannot be fetched.
 */
export async function modelFromOptions(
  name: string | undefined,
  { revision }: DataModelOptions,
): Promise<void> {
  const report = consoleReport();
  if (name === undefined) {
    report.result(await modelTable());
    return;
  }
  if (modelPreset(name) === undefined && !isHubId(name)) {
    const names = MODEL_PRESETS.map((preset) => preset.name).join(", ");
    throw new InputError(
      `Cannot fetch '${name}' as it is none of ${names}, and no hub id: expected ORGANISATION/NAME.`,
    );
  }
  const signal = onInterrupt(
    () => report.line("stopping: what was fetched is kept (again Ctrl-C: stop at once)"),
    CONTINUES,
  );
  let shown: PartProgress | undefined;
  const model = await downloadModel(name, await hubOfEnvironment(), {
    revision,
    signal,
    tell: (line) => shown === undefined ? report.line(line) : shown.line(line),
    check: (kind, config, source) => void (kind === "clip" && parseClipConfig(config, source)),
    begin: (total, done) => shown = report.progress(name, total, "byte", done),
    progress: (done, file) => shown?.update(done, file),
  }).finally(() => shown?.stop());
  const { fetched, id, commit, kind, folder } = model;
  const now = fetched.length === 0 ? "nothing was missing" : `${fetched.length} files fetched, checksums right`;
  report.line(`${id} at ${model.revision} (${commit.slice(0, 12)}), ${(model.bytes / 1e6).toFixed(1)} MB: ${now}`);
  report.result(`folder  ${folder}\nuse     --${kind} ${name}`);
}

/** Lists the models with a short name, and whether they are in the cache. */
async function modelTable(): Promise<string> {
  const lines = ["name                    hub id                           parameters  width  cached  what it is"];
  for (const { name, id, kind, millions, width, note } of MODEL_PRESETS) {
    const cached = await findModel(name, kind).then(() => "yes", () => "no");
    const columns = [name.padEnd(23), id.padEnd(32), `${millions} M`.padStart(10), String(width).padStart(6)];
    lines.push([...columns, ` ${cached.padEnd(6)}`, note].join(" "));
  }
  return `${lines.join("\n")}\n\ncache: ${hubCache()}`;
}

/** The name in `--only` of the recordings that are published one by one. */
const RECORDINGS = "recordings";

/**
 * Prints where a data set is published, or fetches it.
 *
 * @returns the exit code: 1 if something could not be fetched, otherwise 0
 * @throws {InputError} if the options do not fit together.
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
  const signal = onInterrupt(
    () => report.line("stopping: what was fetched is kept (again Ctrl-C: stop at once)"),
    CONTINUES,
  );
  let shown: PartProgress | undefined;
  const tell = (line: string): void => shown === undefined ? report.line(line) : shown.line(line);
  const { mirror, copies, only } = options;
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
  }).finally(() => shown?.stop());
  for (const { file, outcome, checked, problem } of files) {
    if (outcome === "failed") report.line(`${problem} ${elsewhere(source, file, folder)}`);
    else if (outcome === "copy") report.line(`${file.name}: a copy by others, not the authors'; --copies fetches it`);
    else report.line(`${file.name}: ${describeOutcome(outcome, checked)}`);
  }
  let complete = files.every(({ outcome }) => outcome === "there" || outcome === "fetched");
  if (source.recordings !== undefined && (only === undefined || only.includes(RECORDINGS))) {
    complete = await recordings(source.recordings, { folder, mirror, signal, tell }) && complete;
  }
  const unpack = files.flatMap(({ file, outcome }) => outcome === "fetched" && file.unpack ? [`  ${file.unpack}`] : []);
  if (unpack.length > 0) report.result(["now unpack", `  cd ${folder}`, ...unpack].join("\n"));
  return complete ? 0 : 1;
}

/** Fetches recordings that are published one by one. Returns whether all of them are there. */
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

function describeOutcome(outcome: "there" | "fetched", checked: boolean): string {
  if (outcome === "there") return "exists already";
  return checked ? "fetched, checksum right" : "fetched; no checksum is published";
}

/** What to do if a file cannot be fetched. */
function elsewhere({ name, pages }: DataSource, { ifDead }: PublishedFile, folder: string): string {
  return `${ifDead === undefined ? "" : `${ifDead} `}See ${
    pages[0]
  }, or take it from a mirror (--mirror ADDRESS); any folder ` +
    `of the published layout is enough: deno task data check ${name} --data-root ${folder}.`;
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

/**
 * Checks a data set, and prints the short report and the path of the long one.
 *
 * @param name the data set's name
 * @throws {InputError} if the options do not fit together, the index is broken, or no entry can be used (after the report).
 */
export async function checkFromOptions(name: string, options: DataCheckOptions): Promise<void> {
  const { root, roots } = placeOf(name, options);
  const report = consoleReport();
  const signal = onInterrupt(
    () => report.line("stopping: the finished part is stored (again Ctrl-C: stop at once)"),
    CONTINUES,
  );
  let shown: PartProgress | undefined;
  const begin = (known: number, total: number): void => {
    const earlier = known === 0 ? "" : ` (${known} more are known from an earlier check and unchanged)`;
    report.line(`${name} in '${root}': ${total - known} files to inspect${earlier}`);
    shown = report.progress("check", total, "file", known);
  };
  const checked = await checkDataset(name as CheckedName, root, {
    roots,
    workers: options.workers,
    signal,
    begin,
    progress: (done) => shown?.update(done),
    tell: report.line,
  }).finally(() => shown?.stop());
  report.result(shortReport(checked.report));
  report.line(`the report: ${checked.folder}/report.md`);
  if (checked.report.usable) return;
  throw new InputError(
    `Cannot use ${name} in '${root}' as none of its ${checked.report.all.entries} entries has all of its files: ` +
      `expected at least 1. See ${checked.folder}/report.md, and check the folder.`,
  );
}

/** Where the data set is, by the options or by default, and where files of own data may be. */
function placeOf(name: string, { dataRoot = [], data }: DataCheckOptions): { root: string; roots: string[] } {
  if (name === "own") {
    if (data === undefined) throw new InputError("Cannot check own data as no file is given: add --data FILE.");
    return { root: data, roots: dataRoot };
  }
  const wrong = data !== undefined ? "--data is given" : dataRoot.length > 1 ? "there are several" : undefined;
  if (wrong !== undefined) {
    throw new InputError(`Cannot check ${name} as its place must be named by --data-root DIR alone: ${wrong}.`);
  }
  return {
    root: dataRoot[0] ?? (name === "ravdess" ? "data/ravdess" : dataRootOf(name, name as PairsName)),
    roots: [],
  };
}
