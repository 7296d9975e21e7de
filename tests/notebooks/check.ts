/**
 * The rules of committed notebooks: form, types and lint of their code. Used by tests and by `deno task notebooks --check`.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { pathToFileURL } from "node:url";
import { type NotebookFile, notebookName, readNotebook } from "../../lib/notebook/jupyter/notebook_file.ts";

/** Code of all cells, and where each line of it comes from. */
export interface JoinedCode {
  /** The module's text. */
  text: string;
  /** The cell (from 1, text cells counted) and the line in it (from 1) of each line. */
  origins: { cell: number; line: number }[];
}

/**
 * Joins the code cells of a notebook, in order, into one module with top-level await.
 */
export function joinCode({ cells }: NotebookFile): JoinedCode {
  const lines: string[] = [];
  const origins: JoinedCode["origins"] = [];
  cells.forEach(({ kind, source }, i) => {
    if (kind !== "code") return;
    source.trimEnd().split("\n").forEach((line, at) => {
      lines.push(line);
      origins.push({ cell: i + 1, line: at + 1 });
    });
  });
  return { text: `${[...lines, "export {};"].join("\n")}\n`, origins };
}

/** Lines of a code cell at most: what is longer belongs into the library. */
const MOST_LINES = 10;

/** The package's name in deno.json; notebooks import it and its subpaths, and nothing else. */
export const LIBRARY = "@brewclip/brewclip";

/** Paths that exist on one machine only. */
const MACHINE_PATH = /["'`](?:\/(?:home|Users|root|work|tmp|mnt)\/|[A-Za-z]:\\)/;

/**
 * Checks names, outputs, kernel, length of cells, and imports. Deno hoists the imports of joined cells, so its type check does
 * not see an import that comes after its use.
 *
 * @param path its name counts: `NN_words_in_snake_case.ipynb`
 * @returns a line for each thing that is wrong.
 */
export function checkForm(path: string, { kernel, cells }: NotebookFile): string[] {
  const found: string[] = [];
  const imported = new Set<string>();
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
    for (const name of importedNames(cell.source)) {
      const earlier = cells.slice(0, i).findIndex(({ kind, source }) => kind === "code" && uses(source, name));
      if (earlier >= 0 && !imported.has(name)) {
        say(`imports '${name}', which cell ${earlier + 1} uses: import it there`);
      }
      imported.add(name);
    }
  });
  return found;
}

/** The names that a cell imports. */
function importedNames(source: string): string[] {
  const lists = [...source.matchAll(/\bimport\s*\{([^}]*)\}/g)].map((match) => match[1]!);
  return lists.flatMap((list) => list.split(",").map((name) => name.trim().replace(/^type /, ""))).filter(Boolean);
}

function uses(source: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(source);
}

/** The modules that a cell imports. */
function importsOf(source: string): string[] {
  return [...source.matchAll(/\b(?:from|import)\s*\(?\s*["'`]([^"'`]+)["'`]/g)].map((match) => match[1]!);
}

/** A notebook with its path. */
export interface NamedNotebook {
  /** The path of its file. */
  path: string;
  /** What stands in it. */
  notebook: NotebookFile;
}

/**
 * Runs `deno check` and `deno lint` over the code of notebooks.
 *
 * @param options.root the project, which has `mod.ts` and `deno.json`. Default the working directory.
 * @returns a text for each program that found something, with the cell and the line in it of each finding.
 */
export async function checkCode(
  notebooks: readonly NamedNotebook[],
  options: { root?: string } = {},
): Promise<string[]> {
  const root = resolve(options.root ?? ".");
  const folder = join(root, "reports", "notebooks", `.check-${crypto.randomUUID().slice(0, 8)}`);
  await Deno.mkdir(folder, { recursive: true });
  try {
    const codes = new Map<string, { path: string; code: JoinedCode }>();
    for (const [i, { path, notebook }] of notebooks.entries()) {
      const code = joinCode(notebook);
      const file = join(folder, `notebook_${i}.ts`);
      await Deno.writeTextFile(file, code.text);
      codes.set(file, { path, code });
    }
    const files = [...codes.keys()];
    const told = [
      await deno(["check", "-q", "--config", join(root, "deno.json"), ...files], root),
      await deno(["lint", "-q", "--no-config", ...files], root),
    ];
    return told.filter((text) => text !== undefined).map((text) => atCells(text, codes));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs Deno; what it says where it is not content. */
async function deno(args: string[], cwd: string): Promise<string | undefined> {
  const env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const own = await Deno.permissions.query({ name: "run", command: Deno.execPath() });
  const command = own.state === "granted" ? Deno.execPath() : "deno"; // deno.json can name the one on the PATH only
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd, env, stdin: "null" }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
  return success ? undefined : text.replace(/\s*Stack backtrace:[^]*$/, "");
}

/** Replaces places in the joined modules by those in the notebooks. */
function atCells(text: string, codes: ReadonlyMap<string, { path: string; code: JoinedCode }>): string {
  let result = text;
  for (const [file, { path, code: { origins } }] of codes) {
    for (const name of [String(pathToFileURL(file)), file]) {
      result = result.replaceAll(new RegExp(`${RegExp.escape(name)}:(\\d+)(?::\\d+)?`, "g"), (_, line: string) => {
        const origin = origins[Number(line) - 1];
        return origin === undefined ? path : `${path}, cell ${origin.cell}, line ${origin.line}`;
      });
    }
  }
  return result;
}

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
