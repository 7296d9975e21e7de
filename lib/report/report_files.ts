/**
 * The files of a report: made apart, then put in place of a former report's.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { exists, isAbsence } from "../files/read.ts";
import { readCollection } from "./collect/entry.ts";
import { InputError } from "../errors.ts";

/** How the folder of a report that is being made is called, within the report's own. */
const STAGE = ".new-";

/** A report that is being made. */
export interface Staged {
  /** The folder in which it is made. */
  folder: string;
  /** Writes a file of the report, by its place in the report's folder. */
  write(file: string, content: string | Uint8Array): Promise<void>;
  /** The files that were written. */
  files: readonly string[];
  /**
   * Puts all files in their places, each at once, those named last at the end; then removes files of the former report that
   * this one has not. Others are left alone.
   */
  publish(last: readonly string[]): Promise<void>;
  /** Removes what is not published. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Begins a report. The folder's former report stays whole until the new one is published; what an earlier process that was
 * killed left unpublished is removed.
 *
 * @param out the report's folder, which is made where it is missing
 */
export async function stageReport(out: string): Promise<Staged> {
  await Deno.mkdir(out, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(out)) {
    if (isDirectory && /^\.new-[0-9a-f]{8}$/.test(name)) await Deno.remove(join(out, name), { recursive: true });
  }
  const stage = join(out, `${STAGE}${crypto.randomUUID().slice(0, 8)}`);
  await Deno.mkdir(stage);
  // Where the process ends before this is disposed, as at Ctrl-C while a browser draws.
  const drop = (): void => {
    try {
      Deno.removeSync(stage, { recursive: true });
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  };
  globalThis.addEventListener("unload", drop);
  const files: string[] = [];
  return {
    folder: stage,
    files,
    async write(file, content): Promise<void> {
      const path = join(stage, file);
      await Deno.mkdir(dirname(path), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(path, content);
      else await Deno.writeFile(path, content);
      if (!files.includes(file)) files.push(file);
    },
    async publish(last): Promise<void> {
      const former = await formerFiles(out);
      for (
        const file of [
          ...files.filter((file) => !last.includes(file)),
          ...last.filter((file) => files.includes(file)),
        ]
      ) {
        await Deno.mkdir(dirname(join(out, file)), { recursive: true });
        await Deno.rename(join(stage, file), join(out, file));
      }
      for (const file of former.filter((file) => !files.includes(file))) await removeFile(join(out, file));
      for (const folder of ["figures", "tables"]) await removeEmpty(join(out, folder));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      globalThis.removeEventListener("unload", drop);
      if (await exists(stage)) await Deno.remove(stage, { recursive: true });
    },
  };
}

/** The files of the report that stands in a folder; none where there is none that can be read. */
async function formerFiles(out: string): Promise<string[]> {
  const path = join(out, "results.json");
  if (!await exists(path)) return [];
  try {
    return (await readCollection(path)).files;
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    for await (const _ of Deno.readDir(folder)) return;
    await Deno.remove(folder);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
