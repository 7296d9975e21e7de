/** Checks a data set: reads its index, then inspects each file once. */
import { join } from "@std/path";
import { InputError } from "../../errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { streamLines } from "../index_files.ts";
import { loadPairs, type PairsName } from "../load_pairs.ts";
import { CLIP_SYNONYMS, loadEmotionClips, PAIR_SYNONYMS } from "../own_data.ts";
import { hasColumn } from "../own_table.ts";
import type { EmotionClip, LoadOptions, Oddity, Pair } from "../pair.ts";
import { loadRavdess } from "../ravdess.ts";
import { collectFindings, emptySplits, type Entry, type Finding, INDEX } from "./findings.ts";
import { inspectFiles, type ListedFile } from "./inspect_files.ts";
import { baseOf, checkName, CHECKS_FOLDER, ManifestWriter, nameBelow } from "./manifest.ts";
import { type CheckReport, longReport, makeReport } from "./report.ts";

/** A data set that can be checked. */
export type CheckedName = PairsName | "ravdess";

/** The names of the data sets that can be checked. */
export const CHECKED: readonly CheckedName[] = ["flickr8k", "spokencoco", "ln-coco", "ravdess", "own"];

/** Options of {@link checkDataset}. */
export interface CheckOptions extends Pick<LoadOptions, "roots"> {
  /** The folder of all checks. Default `runs/checks`. */
  checks?: string | undefined;
  /** Number of workers, each of which decodes a file at a time. Default: the number of cores. */
  workers?: number | undefined;
  /** Seconds after which the decoder counts as stuck on a file. Default 300. */
  limit?: number | undefined;
  /** Findings of each kind that `report.md` lists. Default 20. */
  first?: number | undefined;
  /** Stops the check. The next check continues from its manifest. */
  signal?: AbortSignal | undefined;
  /** Called once before the first file, with the number of files known from an earlier check and the total. */
  begin?: ((known: number, total: number) => void) | undefined;
  /** Called after each file with the number of known files. */
  progress?: ((done: number) => void) | undefined;
  /** Prints a line for the user. */
  tell?: ((line: string) => void) | undefined;
}

/** The outcome of a check. */
export interface Checked {
  /** Its folder: `report.json`, `report.md`, `problems.jsonl`, `manifest.jsonl`. */
  folder: string;
  /** The numbers. */
  report: CheckReport;
  /** The findings, beginning with those that make entries unusable. */
  findings: Finding[];
  /** Number of files that were inspected now. All others were known and unchanged. */
  looked: number;
}

/**
 * Checks a data set: reads its index, inspects each recording and image once (size, time, content hash, decoded from
 * beginning to end), compares files and entries, and writes into `runs/checks/DATASET-HASH/`
 *
 * - `manifest.jsonl`: a line for each file, added as soon as the file was inspected, so that a check that was killed
 *   continues and a later one inspects only changed files;
 * - `problems.jsonl`: a line for each finding ({@link Finding});
 * - `report.json`: the numbers ({@link CheckReport});
 * - `report.md`: numbers and findings for people.
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
 * @param root the data set's folder; for `"own"` its JSON-lines or CSV file
 * @throws {InputError} if the name is unknown or the index is broken.
 * @throws the signal's reason, if it was aborted.
 */
export async function checkDataset(dataset: CheckedName, root: string, options: CheckOptions = {}): Promise<Checked> {
  const { workers = navigator.hardwareConcurrency, limit = 300, first = 20, tell = () => {} } = options;
  const { signal, begin, progress } = options;
  const { entries, files, oddities } = await listEntries(dataset, root, options);
  const folder = join(options.checks ?? CHECKS_FOLDER, await checkName(dataset, root));
  using manifest = await ManifestWriter.open(folder, tell);
  const { lines, looked } = await inspectFiles(files, manifest, { workers, limit, signal, begin, progress });
  const seen = { entries, lines };
  const findings = collectFindings(seen, [...oddities, ...emptySplits(entries)]);
  const report = makeReport(seen, findings, { dataset, root, checked: new Date() });
  await writeAtomic(join(folder, "problems.jsonl"), findings.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await writeAtomic(join(folder, "report.md"), longReport(report, findings, first));
  await writeAtomic(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  return { folder, report, findings, looked };
}

/**
 * Reads a data set's index with its loader. Your own table lists emotion clips if it has a column `emotion` but no `image`,
 * and pairs otherwise.
 *
 * @returns entries in the order of the index, files by their names in the manifest, and the oddities of the loader
 * @throws {InputError} if the name is unknown, and as the loader does.
 */
export async function listEntries(
  dataset: CheckedName,
  root: string,
  { roots }: Pick<LoadOptions, "roots"> = {},
): Promise<{ entries: Entry[]; files: Map<string, ListedFile>; oddities: Finding[] }> {
  if (!CHECKED.includes(dataset)) {
    throw new InputError(`Cannot check '${dataset}' as a data set must be one of ${CHECKED.join(", ")}.`);
  }
  const oddities: Finding[] = [];
  const onOddity = (oddity: Oddity): void => void oddities.push(oddityFinding(oddity));
  const listed = await load(dataset, root, roots === undefined ? { onOddity } : { onOddity, roots });
  const base = baseOf(dataset, root);
  const files = new Map<string, ListedFile>();
  const named = (path: string, kind: ListedFile["kind"]): string => {
    const name = nameBelow(base, path);
    if (!files.has(name)) files.set(name, { path, kind });
    return name;
  };
  const entries = listed.map((one): Entry => {
    const { id, split, speaker } = one;
    const common = { id, split, speaker, recording: named(one.audio, "recording") };
    if ("emotion" in one) return { ...common, text: one.statement, emotion: one.emotion };
    const { text, imageId, seconds } = one;
    const length = seconds === undefined ? {} : { seconds };
    return { ...common, text, image: named(one.image, "picture"), imageId, ...length };
  });
  return { entries, files, oddities };
}

async function load(dataset: CheckedName, root: string, options: LoadOptions): Promise<(Pair | EmotionClip)[]> {
  if (dataset === "ravdess") return await loadRavdess(root, options);
  if (dataset !== "own") return await loadPairs(dataset, root, options);
  return await listsClips(root) ? await loadEmotionClips(root, options) : await loadPairs("own", root, options);
}

/** Whether the first line of a table (the header of CSV, an entry of JSON lines) names `emotion` but not `image`. */
async function listsClips(file: string): Promise<boolean> {
  for await (const { line } of streamLines(file)) {
    let names = line.split(/[,;\t\r]/);
    if (line.startsWith("{")) {
      try {
        names = Object.keys(JSON.parse(line));
      } catch {
        return false; // the loader reports the error
      }
    }
    const images = PAIR_SYNONYMS.image.filter((name) => !CLIP_SYNONYMS.audio.includes(name));
    return hasColumn(names, "emotion", CLIP_SYNONYMS.emotion) && !hasColumn(names, "image", images);
  }
  return false;
}

/** The kind of an oddity ends in "skipped" if the loader skips the entry. */
function oddityFinding({ kind, where, value }: Oddity): Finding {
  const leftOut = kind.endsWith("skipped");
  return { kind: `${INDEX}: ${kind}`, leftOut, detail: `'${value}', ${where}`, files: [], entries: [], splits: [] };
}
