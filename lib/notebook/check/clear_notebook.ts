/**
 * Notebooks without what an execution leaves in them.
 *
 * @module
 */
import { writeAtomic } from "../../files/atomic.ts";
import { readJson } from "../../files/read.ts";
import { readNotebook } from "./notebook_file.ts";

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
