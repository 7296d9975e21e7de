/**
 * The rules of a committed notebook that can be seen without running it.
 *
 * @module
 */
import { notebookName } from "../jupyter/list_notebooks.ts";
import type { NotebookFile } from "./notebook_file.ts";

/** Lines of a code cell at most: what is longer belongs into the library. */
const MOST_LINES = 10;

/** The package's name in deno.json; notebooks import it and its subpaths, and nothing else. */
export const LIBRARY = "@brewclip/brewclip";

/** Paths that exist on one machine only. */
const MACHINE_PATH = /["'`](?:\/(?:home|Users|root|work|tmp|mnt)\/|[A-Za-z]:\\)/;

/**
 * Checks names, outputs, kernel, length of cells, and imports.
 *
 * @param path its name counts: `NN_words_in_snake_case.ipynb`
 * @returns a line for each thing that is wrong.
 *
 * @example
 * ```ts
 * import { checkForm } from "./check_form.ts";
 * const cells = [{ kind: "markdown", source: "# What?", outputs: 0, executionCount: null }];
 * if (checkForm("01_what.ipynb", { kernel: "deno", cells }).length !== 0) throw new Error("nothing is wrong");
 * if (checkForm("what.ipynb", { kernel: "deno", cells }).length !== 1) throw new Error("it has no number");
 * ```
 */
export function checkForm(path: string, { kernel, cells }: NotebookFile): string[] {
  const found: string[] = [];
  if (!/^\d\d_[a-z0-9]+(_[a-z0-9]+)*$/.test(notebookName(path))) {
    found.push(`${path}: expected a name such as 03_prompted_training.ipynb`);
  }
  if (kernel !== "deno") found.push(`${path}: its kernel is ${kernel ?? "not named"}, expected deno`);
  if (cells[0]?.kind !== "markdown" || !cells[0].source.startsWith("# ")) {
    found.push(`${path}: expected a Markdown cell with a heading (# ...) at its beginning`);
  }
  cells.forEach((cell, i) => {
    const say = (what: string): void => void found.push(`${path}, cell ${i + 1}: ${what}`);
    if (cell.outputs > 0) say(`has ${cell.outputs} outputs, expected none: deno task notebooks --clear`);
    if (cell.executionCount !== null) say("has an execution count, expected none: deno task notebooks --clear");
    if (cell.kind !== "code") return;
    const lines = cell.source.trimEnd().split("\n").length;
    if (lines > MOST_LINES) say(`has ${lines} lines, expected at most ${MOST_LINES}: move code into the library`);
    if (cell.source.trim() === "") say("is empty");
    for (const name of importsOf(cell.source)) {
      if (name !== LIBRARY && !name.startsWith(`${LIBRARY}/`)) {
        say(`imports '${name}', expected '${LIBRARY}' or a subpath of it only`);
      }
    }
    if (/\bimport\.meta\b/.test(cell.source)) say("uses import.meta, which no cell has");
    if (MACHINE_PATH.test(cell.source)) say("names a path of one machine");
  });
  return found;
}

/** The modules that a cell imports. */
function importsOf(source: string): string[] {
  return [...source.matchAll(/\b(?:from|import)\s*\(?\s*["'`]([^"'`]+)["'`]/g)].map((match) => match[1]!);
}
