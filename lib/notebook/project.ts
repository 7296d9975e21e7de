/**
 * The project's folder. A kernel runs in the folder of its notebook, but settings name `data/...` and `runs/...` relative to the
 * project, as on the command line.
 */
import { fileURLToPath } from "node:url";
import { resolve } from "@std/path";
import { InputError } from "../errors.ts";

/**
 * Returns the folder of this project.
 *
 * @param module a module two folders below it. Default: this one.
 * @throws {InputError} if the library was loaded from a server, so that there is no folder.
 */
export function projectFolder(module: string = import.meta.url): string {
  if (module.startsWith("file:")) return resolve(fileURLToPath(new URL("../../", module)));
  throw new InputError(
    `Cannot find the project's folder as the library was loaded from '${module}': expected a copy on this machine. ` +
      `Clone the repository and import '@brewclip/brewclip' there.`,
  );
}

/**
 * Resolves a path against the project's folder, wherever the kernel runs.
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
 * Runs a function with the project's folder as the working directory. Paths in the files that it writes, such as
 * `results.json`, are those of the command line, so `deno task` can repeat it.
 *
 * @throws {InputError} as {@link projectFolder} does.
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
