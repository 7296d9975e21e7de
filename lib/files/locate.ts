/**
 * Finds relative paths when the program does not run in the project's folder.
 */
import { dirname, resolve } from "@std/path";
import { fileURLToPath } from "node:url";

/** The environment variable with the folder of a clone, whose `data/models` has the bundled models. */
const PROJECT_VARIABLE = "BREWCLIP_PROJECT";

/**
 * The folders that are searched for a relative path: those above `near`, the current folder, the folder in
 * `BREWCLIP_PROJECT`, and that of this package if it is on this machine.
 */
function searchFolders(near?: string): string[] {
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
 * Finds a file or folder in the folders above `near`, the current folder, the folder in `BREWCLIP_PROJECT`, and that of
 * this package.
 *
 * @param near a run's folder
 * @returns the unchanged path if the current folder has it, an absolute path if another one has it, otherwise undefined
 */
export async function locate(path: string, near?: string): Promise<string | undefined> {
  for (const folder of searchFolders(near)) {
    const found = resolve(folder, path);
    if (await isThere(found)) return found === resolve(path) ? path : found;
  }
  return undefined;
}

/** A sentence for errors: where {@link locate} has searched. */
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
    return false; // missing or not readable
  }
}

function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // no permission for it
  }
}
