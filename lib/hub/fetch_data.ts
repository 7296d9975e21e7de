/**
 * Fetches a data set's files, and the recordings that are published one by one.
 *
 * @module
 */
import { join } from "@std/path";
import { streamLines } from "../data/index_files.ts";
import { parseNarrative } from "../data/localized_narratives.ts";
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import type { DataSource, PublishedFile, PublishedRecordings } from "./data_sources.ts";
import { transfer, TransferError, type TransferOptions } from "./transfer.ts";

/** Options of {@link fetchSource}. */
export interface FetchSourceOptions extends Omit<TransferOptions, "progress"> {
  /** Takes the files, by their names, from this address instead. */
  mirror?: string | undefined;
  /** Also fetches copies that others than the authors offer. Default no; a mirror's files are always fetched. */
  copies?: boolean | undefined;
  /** These files only. */
  only?: readonly string[] | undefined;
  /** Called before a file is fetched; what it returns takes the bytes so far, and of all if they are known. */
  begin?: ((file: PublishedFile) => (done: number, total: number | undefined) => void) | undefined;
  /** Called after a file, whatever became of it. */
  end?: ((file: PublishedFile) => void) | undefined;
}

/** What became of a file. */
export interface FetchedFile {
  /** The file. */
  file: PublishedFile;
  /** Whether it was fetched now, was there, is a copy that was not asked for, or could not be fetched. */
  outcome: "fetched" | "there" | "copy" | "failed";
  /** Whether a checksum was compared. */
  checked: boolean;
  /** Why it could not be fetched. */
  problem?: string;
}

/**
 * Fetches a data set's files into a folder. What exists, packed or unpacked, is not fetched again; what broke off is
 * continued; what cannot be fetched is reported, and the rest continues.
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

/** Transfers under way at once: the files are small, and each waits for the server. */
const AT_ONCE = 8;

/** Failures after which nothing more is tried if nothing succeeded. */
const ENOUGH = 20;

/** Options of {@link fetchRecordings}. */
export interface FetchRecordingsOptions extends Omit<TransferOptions, "progress"> {
  /** Takes the recordings from this address instead. */
  mirror?: string | undefined;
  /** Takes the number of recordings that are there or could not be fetched. */
  progress?: ((done: number) => void) | undefined;
}

/** What became of the recordings. */
export interface FetchedRecordings {
  /** Recordings that were fetched now. */
  fetched: number;
  /** Recordings that were there. */
  there: number;
  /** Recordings that could not be fetched, with the reason. */
  failed: { recording: string; problem: string }[];
}

/**
 * Reads the names of the recordings from the lists in the folder, each once.
 *
 * @throws {InputError} if a line is no JSON object with a `voice_recording` that stays inside the folder.
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
 * Fetches recordings into their folders, several at once. Those that exist are not fetched again.
 *
 * @throws {TransferError} if the server cannot be reached, or the first 20 fail: then the address is dead.
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
  let next = 0, done = 0, stopped = false;
  const worker = async (): Promise<void> => {
    while (!stopped && next < names.length) {
      const recording = names[next++] as string;
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
        if (result.failed.length >= ENOUGH && result.fetched === 0) throw error;
      }
      options.progress?.(++done);
    }
  };
  const workers = Array.from({ length: AT_ONCE }, () =>
    worker().catch((error) => {
      stopped = true;
      throw error;
    }));
  await Promise.allSettled(workers);
  await Promise.all(workers);
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
