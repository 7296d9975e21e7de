/**
 * Where a notebook finds data and keeps runs: in the project's folder, as the command line does.
 *
 * A kernel works in the folder of its notebook, while settings name `data/...` and `runs/...` from the project's folder.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { resolve } from "@std/path";
import { InputError } from "../errors.ts";

/**
 * The folder of this project.
 *
 * @param module a module two folders below it. Default: this one.
 * @throws {InputError} where the library was loaded from a server, so that there is no folder.
 */
export function projectFolder(module: string = import.meta.url): string {
  if (module.startsWith("file:")) return resolve(fileURLToPath(new URL("../../", module)));
  throw new InputError(
    `Cannot find the project's folder as the library was loaded from '${module}': expected a copy on this machine. ` +
      `Clone the repository and import '@brewclip/brewclip' there.`,
  );
}

/**
 * A path that starts from the project's folder, wherever the kernel works.
 *
 * @example
 * ```ts
 * import { fromProject } from "./project.ts";
 * await Deno.stat(fromProject("data/sample/coco"));
 * ```
 *
 * @throws {InputError} as {@link projectFolder} does.
 */
export function fromProject(path: string): string {
  return resolve(projectFolder(), path);
}

let inside = 0;
let outside = "";

/**
 * Does some work with the project's folder as the working directory, then goes back. What the work writes, such as
 * `results.json`, names the same paths as if the command line had written it, so that `deno task` can repeat it.
 *
 * @returns what the work returns.
 * @throws {InputError} as {@link projectFolder} does; what the work throws.
 *
 * @example
 * ```ts
 * import { loadPairs } from "../data/load_pairs.ts";
 * import { inProject } from "./project.ts";
 * const pairs = await inProject(() => loadPairs("ln-coco", "data/sample/coco"));
 * if (pairs[0]!.audio.startsWith("/")) throw new Error("paths stay as they are in settings");
 * ```
 */
export async function inProject<T>(work: () => T | Promise<T>): Promise<T> {
  const folder = projectFolder();
  if (inside === 0) outside = Deno.cwd();
  inside++;
  try {
    Deno.chdir(folder);
    return await work();
  } finally {
    inside--;
    if (inside === 0) Deno.chdir(outside);
  }
}
