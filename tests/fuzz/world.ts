/** Readers, and folders of good files for them. */
import { isAbsolute, relative, resolve } from "@std/path";
import type { Inner } from "./text_mutation.ts";

/** A reader and what it reads. */
export interface World {
  /** What is read. */
  name: string;
  /** The folder in which its files stand. */
  folder: string;
  /** The files that are to be damaged, by their paths within the folder. */
  files: string[];
  /** Where the text to damage stands in them. Default: it is all of the file. */
  inner?: Inner;
  /** A part of every message that refuses a file. Default: the folder. */
  named?: string;
  /**
   * Reads, and checks what came.
   *
   * @throws {InputError} where the reader refuses, as it may.
   * @throws {Error} where something came that must not: the test fails.
   */
  read(): Promise<void>;
}

/** Fails. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Checks that a path lies in a folder. */
export function checkInside(path: string, folder: string): void {
  const way = relative(resolve(folder), resolve(path));
  check(
    !/^\.\.([\\/]|$)/.test(way) && !isAbsolute(way) && !path.includes("\0"),
    `the path '${path}' leaves '${folder}'`,
  );
}
