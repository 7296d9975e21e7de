/**
 * Where a relative path is searched when the program does not work in the project's folder.
 *
 * @module
 */
import { dirname, resolve } from "@std/path";
import { fileURLToPath } from "node:url";

/** The environment variable that names a project's folder: a clone, whose `data/models` has the bundled models. */
export const PROJECT_VARIABLE = "BREWCLIP_PROJECT";

/**
 * The folders in which a relative path is searched, in this order: those above `near`, the current one, the one that
 * `BREWCLIP_PROJECT` names, and that of this package if it is on this machine.
 *
 * @param near a run's folder
 */
export function searchFolders(near?: string): string[] {
  const folders: string[] = [];
  for (let folder = near && dirname(resolve(near)); folder; folder = dirname(folder)) {
    folders.push(folder);
    if (dirname(folder) === folder) break;
  }
  folders.push(Deno.cwd());
  const project = environment(PROJECT_VARIABLE);
  if (project) folders.push(resolve(project));
  if (import.meta.url.startsWith("file:")) folders.push(resolve(fileURLToPath(new URL("../../", import.meta.url))));
  return [...new Set(folders)];
}

/**
 * Finds a file or folder in {@link searchFolders}.
 *
 * @returns the path as it is if the current folder has it, else an absolute path; undefined if no folder has it.
 */
export async function locate(path: string, near?: string): Promise<string | undefined> {
  for (const folder of searchFolders(near)) {
    const found = resolve(folder, path);
    if (await isThere(found)) return found === resolve(path) ? path : found;
  }
  return undefined;
}

/** A sentence for an error: where {@link locate} searched. */
export function lookedIn(near?: string): string {
  const folders = searchFolders().map((folder) => `'${folder}'`).join(", ");
  return `Looked in ${near === undefined ? "" : `the folders above '${near}', `}${folders}` +
    (environment(PROJECT_VARIABLE) ? "" : ` (${PROJECT_VARIABLE}=/path/to/clone adds one)`);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false; // not there, or not ours to see
  }
}

function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // no permission for it
  }
}
