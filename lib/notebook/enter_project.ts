/**
 * Where a notebook works.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.ts";

/**
 * Makes the folder of this project the working directory, as it is for `deno task`: a notebook then finds `data/`, keeps its
 * runs in `runs/`, and every `results.json` that it writes names the same paths as one of the command line, which can repeat
 * it with `--from`. Without it a notebook works in its own folder.
 *
 * @param module where this library stands. Default: the place that it was loaded from.
 * @returns the folder.
 * @throws {InputError} where the library was loaded from a server, so that there is no folder.
 *
 * @example In the first cell of a notebook
 * ```ts ignore
 * import { enterProject } from "../mod.ts";
 * enterProject();
 * ```
 */
export function enterProject(module: string = import.meta.url): string {
  if (!module.startsWith("file:")) {
    throw new InputError(
      `Cannot enter the project's folder as the library was loaded from '${module}': expected a copy on this machine. ` +
        `Clone the repository and import from '../mod.ts'.`,
    );
  }
  const folder = fileURLToPath(new URL("../../", module));
  Deno.chdir(folder);
  return folder;
}
