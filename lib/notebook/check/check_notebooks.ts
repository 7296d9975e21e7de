/**
 * All that must hold of committed notebooks, except that they run.
 *
 * @module
 */
import { checkCode, type NamedNotebook } from "./check_code.ts";
import { checkForm } from "./check_form.ts";
import { readNotebook } from "./notebook_file.ts";

/**
 * Checks form, types and lint of notebooks.
 *
 * @param options.root the project, which has `mod.ts` and `deno.json`. Default the working directory.
 * @returns a text for each finding; none where all is right.
 * @throws {InputError} where a file is no notebook.
 */
export async function checkNotebooks(paths: readonly string[], options: { root?: string } = {}): Promise<string[]> {
  const notebooks: NamedNotebook[] = [];
  for (const path of paths) notebooks.push({ path, notebook: await readNotebook(path) });
  const form = notebooks.flatMap(({ path, notebook }) => checkForm(path, notebook));
  return [...form, ...await checkCode(notebooks, options)];
}
