/**
 * The files of a store. `part-WRITER-0000.jsonl` has a line for each recording after a first line that tells model and
 * version; `part-WRITER-0000.f16` has the encoder states one after the other, in half precision, little-endian.
 *
 * A part is written by one process and never changed after that process ended. So stores are merged by copying the parts of
 * one folder into another, and what a killed process left unfinished at the end of its part is passed over.
 *
 * @module
 */
import { join } from "@std/path";
import { isAbsence, reading } from "../../files/read.ts";
import { parseLine, type StoredLine, valuesOf } from "./line.ts";

/** Raised where decoding, resampling, log-mel, windows or greedy decoding give other results than before. */
const FRONT_END = 2;

const FORMAT = "brewclip-speech-1";
const NAME = /^(part-[\w-]+)\.jsonl$/;

/** The folder in which the results of a model are stored. */
export function heardFolder(root: string, key: string): string {
  return join(root, `whisper-${key}-v${FRONT_END}`);
}

/** The file of a part's lines. */
export function linesFile(folder: string, part: string): string {
  return join(folder, `${part}.jsonl`);
}

/** The file of a part's states. */
export function statesFile(folder: string, part: string): string {
  return join(folder, `${part}.f16`);
}

/** The first line of a part. */
export function headerOf(key: string): string {
  return JSON.stringify({ format: FORMAT, frontEnd: FRONT_END, model: key });
}

/** What a folder holds. */
export interface Parts {
  /** The whole lines whose states are whole too. */
  lines: StoredLine[];
  /** Parts of another model or version, which count for nothing. */
  foreign: string[];
}

/**
 * Reads the lines of all parts; those that are unfinished, damaged, or tell of states that are not there are passed over.
 *
 * @throws {InputError} where a part's lines cannot be read.
 */
export async function readParts(folder: string, key: string): Promise<Parts> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (NAME.test(name)) names.push(NAME.exec(name)![1]!);
  const lines: StoredLine[] = [];
  const foreign: string[] = [];
  const sizes = new Map<string, number>();
  const header = headerOf(key);
  for (const part of names.sort()) {
    const path = linesFile(folder, part);
    const [first, ...others] = (await reading(path, () => Deno.readTextFile(path))).split("\n");
    if (others.length === 0) continue; // killed before its first line was whole
    if (first !== header) {
      foreign.push(part);
      continue;
    }
    others.pop(); // what stands behind the last line's end is unfinished
    for (const text of others) {
      const line = parseLine(text);
      if (line === undefined) continue;
      if (line.part !== undefined) {
        if (!sizes.has(line.part)) sizes.set(line.part, await valuesIn(statesFile(folder, line.part)));
        if (line.offset! + valuesOf(line) > sizes.get(line.part)!) continue;
      }
      lines.push(line);
    }
  }
  return { lines, foreign };
}

/** How many values a file of states has; 0 where it is missing. */
async function valuesIn(file: string): Promise<number> {
  try {
    return Math.floor((await Deno.stat(file)).size / 2);
  } catch (error) {
    if (isAbsence(error)) return 0;
    throw error;
  }
}
