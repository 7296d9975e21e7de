/**
 * The files of a data set from where they are published, or from a mirror.
 *
 * @module
 */
import { join } from "@std/path";
import { exists } from "../files.ts";
import type { DataSource, PublishedFile } from "./data_sources.ts";
import { transfer, TransferError, type TransferOptions } from "./transfer.ts";

/** Options of {@link fetchSource}. */
export interface FetchSourceOptions extends Omit<TransferOptions, "progress"> {
  /** Takes the files, by their names, from this address instead. */
  mirror?: string | undefined;
  /** Also fetches copies that others than the authors offer. Default no; a mirror's files are always fetched. */
  copies?: boolean | undefined;
  /** These files only. */
  only?: readonly string[] | undefined;
  /** Called before a file is fetched; what it returns takes the bytes that are there, and of all where they are known. */
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
 * Fetches a data set's files into a folder. What is there, packed or unpacked, is not fetched again; what broke off is
 * continued; what cannot be fetched is told, and the rest goes on.
 *
 * @throws the signal's reason, where it was aborted; the same call continues.
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
