/** Fetches a data set's files, and recordings that are published one by one. */
import { join } from "@std/path";
import { streamLines } from "../data/index_files.ts";
import { parseNarrative } from "../data/localized_narratives.ts";
import { InputError } from "../errors.ts";
import { inParallel } from "../files/in_parallel.ts";
import { exists } from "../files/read.ts";
import type { DataSource, PublishedFile, PublishedRecordings } from "./data_sources.ts";
import { transfer, TransferError, type TransferOptions } from "./transfer.ts";

interface FetchSourceOptions extends Omit<TransferOptions, "progress"> {
  /** Fetches the files by their names from this address. */
  mirror?: string | undefined;
  /** Also fetches copies that are not the authors'. Default false. A mirror's files are always fetched. */
  copies?: boolean | undefined;
  /** Fetches these files only. */
  only?: readonly string[] | undefined;
  /** Called before a file is fetched. Returns the function that is called with the bytes so far and the total. */
  begin?: ((file: PublishedFile) => (done: number, total: number | undefined) => void) | undefined;
  /** Called after each file, fetched or not. */
  end?: ((file: PublishedFile) => void) | undefined;
}

interface FetchedFile {
  file: PublishedFile;
  /** Fetched now, present, a copy that was not requested, or not fetched because of an error. */
  outcome: "fetched" | "there" | "copy" | "failed";
  /** Whether a checksum was verified. */
  checked: boolean;
  problem?: string;
}

/**
 * Fetches a data set's files into a folder. Files that exist, packed or unpacked, are not fetched again. Broken transfers
 * are continued. A file that cannot be fetched is reported and does not stop the others.
 *
 * @throws the signal's reason, if it was aborted; the same call continues.
 */
export async function fetchSource(
  source: DataSource,
  folder: string,
  options: FetchSourceOptions = {},
): Promise<FetchedFile[]> {
  const { mirror, copies = false, only, begin, end } = options;
  const results: FetchedFile[] = [];
  for (const file of source.files) {
    if (only !== undefined && !only.includes(file.name)) continue;
    const path = join(folder, file.name);
    if (await exists(path) || await exists(join(folder, file.gives))) {
      results.push({ file, outcome: "there", checked: false });
      continue;
    }
    if (file.copy === true && !copies && mirror === undefined) {
      results.push({ file, outcome: "copy", checked: false });
      continue;
    }
    const url = mirror === undefined ? file.url : `${mirror.replace(/\/+$/, "")}/${file.name}`;
    const { bytes: size, checksum } = file;
    try {
      const { checked } = await transfer({ url, file: path, size, checksum }, { ...options, progress: begin?.(file) });
      results.push({ file, outcome: "fetched", checked });
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      results.push({ file, outcome: "failed", checked: false, problem: error.message });
    } finally {
      end?.(file);
    }
  }
  return results;
}

/** The files are small, and each transfer waits for the server. */
const CONCURRENT_TRANSFERS = 8;

/** Number of failures after which it gives up if nothing succeeded. */
const MAX_FAILURES = 20;

interface FetchRecordingsOptions extends Omit<TransferOptions, "progress"> {
  /** Fetches the recordings from this address. */
  mirror?: string | undefined;
  /** Called with the number of recordings that are done, fetched or not. */
  progress?: ((done: number) => void) | undefined;
}

interface FetchedRecordings {
  /** Number of recordings that were fetched now. */
  fetched: number;
  /** Number of recordings that existed. */
  there: number;
  failed: { recording: string; problem: string }[];
}

/**
 * Reads the different names of the recordings from the lists in the folder.
 *
 * @throws {InputError} if a line is not a JSON object with a `voice_recording` inside the folder.
 */
export async function listRecordings({ lists }: PublishedRecordings, folder: string): Promise<string[]> {
  const names = new Set<string>();
  for (const list of lists) {
    const path = join(folder, list);
    if (!await exists(path)) continue;
    for await (const { line, where } of streamLines(path)) names.add(recordingOf(line, where));
  }
  return [...names];
}

/**
 * Fetches recordings that do not exist, several at once.
 *
 * @throws {TransferError} if the server cannot be reached, or the first 20 recordings fail.
 * @throws the signal's reason, if it was aborted; the same call continues.
 */
export async function fetchRecordings(
  { url }: PublishedRecordings,
  names: readonly string[],
  folder: string,
  options: FetchRecordingsOptions = {},
): Promise<FetchedRecordings> {
  const base = (options.mirror ?? url).replace(/\/+$/, "");
  const result: FetchedRecordings = { fetched: 0, there: 0, failed: [] };
  let done = 0;
  await inParallel(names, CONCURRENT_TRANSFERS, async (recording) => {
    const file = join(folder, recording);
    try {
      if (await exists(file)) result.there++;
      else {
        await transfer({ url: `${base}/${recording}`, file }, { ...options, progress: undefined });
        result.fetched++;
      }
    } catch (error) {
      if (!(error instanceof TransferError) || error.status === undefined) throw error;
      result.failed.push({ recording, problem: error.message });
      if (result.failed.length >= MAX_FAILURES && result.fetched === 0) throw error;
    }
    options.progress?.(++done);
  });
  return result;
}

function recordingOf(line: string, where: string): string {
  const name = parseNarrative(line, where)["voice_recording"];
  if (typeof name === "string" && /^[\w-]+(\/[\w-]+)*\.\w+$/.test(name)) return name;
  throw new InputError(
    `Cannot read ${where} as 'voice_recording' must be the path of a recording: it is ${
      JSON.stringify(name)?.slice(0, 80)
    }.`,
  );
}
