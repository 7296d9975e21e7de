/**
 * Checks a data set: reads its index, then looks at each file once.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../../errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { streamLines } from "../index_files.ts";
import { loadPairs, type PairsName } from "../load_pairs.ts";
import { loadEmotionClips } from "../own_data.ts";
import type { EmotionClip, LoadOptions, Oddity, Pair } from "../pair.ts";
import { loadRavdess } from "../ravdess.ts";
import { type Entry, type Finding, INDEX } from "./findings.ts";
import { type ListedFile, lookAtAll } from "./look.ts";
import { baseOf, checkName, CHECKS_FOLDER, ManifestWriter, nameBelow } from "./manifest.ts";
import { type CheckReport, findingsOf, parseCheckReport, reportOf } from "./report.ts";
import { longReport } from "./report_text.ts";

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

/** A data set that can be checked. */
export type CheckedName = PairsName | "ravdess";

/** The names of the data sets that can be checked. */
export const CHECKED: readonly CheckedName[] = ["flickr8k", "spokencoco", "ln-coco", "ravdess", "own"];

/** What a data set's index says. */
export interface Listed {
  /** Pairs or clips, in the order of the index. */
  entries: Entry[];
  /** Each different file once, by its name in the manifest. */
  files: Map<string, ListedFile>;
  /** What the loader found odd. */
  oddities: Finding[];
}

/**
 * Reads a data set's index with its loader; touches neither recordings nor pictures. A table of one's own lists emotion clips
 * where it has a column `emotion` and none `image`, else pairs.
 *
 * @param root the data set's folder; of `"own"` its JSON-lines or CSV file
 * @throws {InputError} where the name is unknown, and as the loader does.
 */
export async function listEntries(dataset: CheckedName, root: string): Promise<Listed> {
  if (!CHECKED.includes(dataset)) {
    throw new InputError(`Cannot check '${dataset}' as a data set must be one of ${CHECKED.join(", ")}.`);
  }
  const oddities: Finding[] = [];
  const onOddity = (oddity: Oddity): void => void oddities.push(oddityFinding(oddity));
  const listed = await load(dataset, root, { onOddity });
  const base = baseOf(dataset, root);
  const files = new Map<string, ListedFile>();
  const named = (path: string, kind: ListedFile["kind"]): string => {
    const name = nameBelow(base, path);
    if (!files.has(name)) files.set(name, { path, kind });
    return name;
  };
  const entries = listed.map((one): Entry => {
    const { id, split, speaker, audio } = one;
    const common = { id, split, speaker, recording: named(audio, "recording") };
    if ("emotion" in one) return { ...common, text: one.statement, mood: one.emotion };
    const { text, image, imageId, seconds } = one;
    const told = seconds === undefined ? {} : { seconds };
    return { ...common, text, picture: named(image, "picture"), imageId, ...told };
  });
  return { entries, files, oddities };
}

async function load(
  dataset: CheckedName,
  root: string,
  options: Required<LoadOptions>,
): Promise<(Pair | EmotionClip)[]> {
  if (dataset === "ravdess") return await loadRavdess(root, options);
  if (dataset !== "own") return await loadPairs(dataset, root, options);
  return await listsClips(root) ? await loadEmotionClips(root, options) : await loadPairs("own", root, options);
}

/** Whether a table names `emotion` and not `image` in its first line: the header of CSV, an entry of JSON lines. */
async function listsClips(file: string): Promise<boolean> {
  for await (const { line } of streamLines(file, () => {})) {
    let names = line.split(/[,;\t\r]/);
    if (line.startsWith("{")) {
      try {
        names = Object.keys(JSON.parse(line));
      } catch {
        return false; // its loader says what is wrong
      }
    }
    const bare = names.map((name) => name.toLowerCase().replace(/[\s"_-]/g, ""));
    return bare.includes("emotion") && !bare.includes("image");
  }
  return false;
}

/** What a loader leaves out, it says so in the last words of the kind. */
function oddityFinding({ kind, where, value }: Oddity): Finding {
  const leftOut = kind.endsWith("left out");
  return { kind: `${INDEX}: ${kind}`, leftOut, detail: `'${value}', ${where}`, files: [], entries: [], splits: [] };
}
