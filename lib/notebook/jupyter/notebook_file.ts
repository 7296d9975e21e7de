/**
 * Notebooks as files (nbformat 4): found by number or name, read, and cleared of their outputs.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { z } from "zod";
import { InputError } from "../../errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { exists, reading, readJson } from "../../files/read.ts";

/** A cell. */
export interface Cell {
  /** `"code"`, `"markdown"` or `"raw"`. */
  kind: string;
  /** What stands in it. */
  source: string;
  /** How many outputs it has. */
  outputs: number;
  /** The number that Jupyter writes beside an executed cell. */
  executionCount: number | null;
}

/** A notebook as far as it is checked. */
export interface NotebookFile {
  /** Its cells in order. */
  cells: Cell[];
  /** The name of the kernel that it asks for; undefined where it names none. */
  kernel: string | undefined;
}

const text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(""))]);
const SCHEMA = z.object({
  nbformat: z.literal(4),
  metadata: z.object({ kernelspec: z.object({ name: z.string() }).optional() }),
  cells: z.array(z.object({
    cell_type: z.string(),
    source: text,
    outputs: z.array(z.unknown()).default([]),
    execution_count: z.number().nullish().transform((count) => count ?? null),
  })),
});

/**
 * Reads a notebook.
 *
 * @throws {InputError} where the file cannot be read, or is no notebook of nbformat 4.
 */
export async function readNotebook(path: string): Promise<NotebookFile> {
  const parsed = SCHEMA.safeParse(await readJson(path));
  if (!parsed.success) {
    const why = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, " ");
    throw new InputError(`Cannot read the notebook '${path}' as it is none of nbformat 4: ${why}`);
  }
  const { metadata, cells } = parsed.data;
  return {
    kernel: metadata.kernelspec?.name,
    cells: cells.map(({ cell_type, source, outputs, execution_count }) => ({
      kind: cell_type,
      source,
      outputs: outputs.length,
      executionCount: execution_count,
    })),
  };
}

/** Keys of a cell's metadata that tell of an execution or of how it was looked at. */
const TRACES = ["execution", "ExecuteTime", "collapsed", "scrolled", "trusted"];

/**
 * Removes outputs, execution counts and their traces from a notebook's file. Nothing else changes.
 *
 * @returns whether there was anything to remove.
 * @throws {InputError} where the file is no notebook.
 */
export async function clearNotebook(path: string): Promise<boolean> {
  await readNotebook(path);
  const notebook = await readJson(path) as { cells: Record<string, unknown>[] };
  const before = JSON.stringify(notebook);
  for (const cell of notebook.cells) {
    const metadata = (cell.metadata ?? {}) as Record<string, unknown>;
    for (const trace of TRACES) delete metadata[trace];
    if (cell.cell_type === "code") Object.assign(cell, { outputs: [], execution_count: null });
  }
  const after = JSON.stringify(notebook);
  if (after === before) return false;
  await writeAtomic(path, `${JSON.stringify(notebook, null, 1)}\n`);
  return true;
}

/** A notebook's name without folder and ending: `"03_prompted_training"`. */
export function notebookName(path: string): string {
  return basename(path).replace(/\.ipynb$/, "");
}

/**
 * Paths of a folder's notebooks in their order.
 *
 * @throws {InputError} where the folder cannot be read or has none.
 */
export async function listNotebooks(folder: string): Promise<string[]> {
  const entries = await reading(folder, () => Array.fromAsync(Deno.readDir(folder)));
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort();
  if (names.length === 0) throw new InputError(`Cannot find a notebook in '${folder}': expected files named *.ipynb.`);
  return names.map((name) => join(folder, name));
}

/**
 * The notebooks that a person names: by number (`3`, `03`), by name (`03_prompted_training`), or by path; all where none is
 * named.
 *
 * @throws {InputError} where a name fits none; lists what there is.
 */
export async function chooseNotebooks(folder: string, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return await listNotebooks(folder);
  const chosen: string[] = [];
  for (const name of names) chosen.push(await chooseOne(folder, name));
  return [...new Set(chosen)];
}

async function chooseOne(folder: string, name: string): Promise<string> {
  if (name.endsWith(".ipynb") && await exists(name)) return name;
  const all = await listNotebooks(folder);
  const wanted = notebookName(name);
  const found = all.find((path) => {
    const own = notebookName(path);
    return own === wanted || (/^\d+$/.test(wanted) && Number(own.match(/^\d+/)?.[0]) === Number(wanted));
  });
  if (found !== undefined) return found;
  throw new InputError(
    `Cannot find the notebook '${name}' in '${folder}': expected a path, a number or one of ${
      all.map(notebookName).join(", ")
    }.`,
  );
}
