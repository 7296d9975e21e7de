/** Notebook files (nbformat 4): finding, reading and clearing them. */
import { basename, join } from "@std/path";
import { z } from "zod";
import { InputError } from "../../errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { exists, reading, readJson } from "../../files/read.ts";

/** The parts of a notebook that are checked. */
export interface NotebookFile {
  /** Cells; `kind` is `"code"`, `"markdown"` or `"raw"`, `outputs` is the number of outputs. */
  cells: { kind: string; source: string; outputs: number; executionCount: number | null }[];
  /** The name of its kernel, if it names one. */
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
 * @throws {InputError} if the file cannot be read or is not a notebook of nbformat 4.
 */
export async function readNotebook(path: string): Promise<NotebookFile> {
  const parsed = SCHEMA.safeParse(await readJson(path));
  if (!parsed.success) {
    const why = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, " ");
    throw new InputError(`Cannot read the notebook '${path}' as it is not one of nbformat 4: ${why}`);
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

/** Keys of a cell's metadata that an execution or a viewer leaves. */
const TRACES = ["execution", "ExecuteTime", "collapsed", "scrolled", "trusted"];

/**
 * Removes outputs, execution counts and their metadata from a notebook's file. Nothing else changes.
 *
 * @returns whether the file changed.
 * @throws {InputError} if the file is not a notebook.
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

/** Returns a notebook's name without folder and extension: `"03_prompted_training"`. */
export function notebookName(path: string): string {
  return basename(path).replace(/\.ipynb$/, "");
}

/**
 * Lists the paths of a folder's notebooks, sorted.
 *
 * @throws {InputError} if the folder cannot be read or has none.
 */
export async function listNotebooks(folder: string): Promise<string[]> {
  const entries = await reading(folder, () => Array.fromAsync(Deno.readDir(folder)));
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort();
  if (names.length === 0) throw new InputError(`Cannot find a notebook in '${folder}': expected files named *.ipynb.`);
  return names.map((name) => join(folder, name));
}

/**
 * Finds notebooks by number (`3`, `03`), by name (`03_prompted_training`) or by path; all if no name is given.
 *
 * @throws {InputError} if a name matches none, with a list of the names.
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
