/**
 * The notebooks of a folder, by number and name.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { InputError } from "../../errors.ts";
import { exists, reading } from "../../files/read.ts";

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
