/** Notebooks made and executed by tests, with the real Jupyter. */
import { join } from "@std/path";
import { pathToFileURL } from "node:url";
import { executeNotebook } from "../../lib/notebook/jupyter/execute_notebook.ts";
import { findJupyter } from "../../lib/notebook/jupyter/find_jupyter.ts";
import { ROOT } from "../cli/run.ts";
import { outputOf } from "../programs.ts";

/** The Python with Jupyter; undefined if there is none, or none on the PATH (see `tests/bare_path.ts`). */
export const python: string | undefined = await outputOf("python3", ["--version"]) === undefined
  ? undefined
  : await findJupyter([["nbclient", "nbconvert"]]).then(({ python }) => python, () => undefined);

if (python === undefined) {
  console.error("no Jupyter (nbclient, nbconvert) here: the tests that execute notebooks are skipped");
}

/** Registers a test that needs Jupyter; it is skipped where there is none. */
export function jupyterTest(name: string, fn: (python: string) => Promise<void>): void {
  Deno.test({ name, ignore: python === undefined, fn: () => fn(python!) });
}

/** Runs an action with a temporary folder inside of the project, where the kernel finds deno.json. */
export async function inNotebookFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const cache = join(ROOT, ".cache");
  await Deno.mkdir(cache, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: cache, prefix: "notebooks-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A file of the library as the address to import it from, wherever the notebook stands. */
export function library(path: string): string {
  return String(pathToFileURL(join(ROOT, path)));
}

/** A notebook's JSON with a heading and these code cells. */
export function notebookOf(cells: readonly string[]): Record<string, unknown> & { cells: Record<string, unknown>[] } {
  const code = cells.map((source, i) => ({
    cell_type: "code",
    id: `code-${i}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "deno", display_name: "Deno", language: "typescript" } },
    cells: [{ cell_type: "markdown", id: "heading", metadata: {}, source: "# A notebook of a test" }, ...code],
  };
}

/** Writes a notebook. */
export async function writeNotebook(path: string, cells: readonly string[]): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(notebookOf(cells)));
}

/** An output as Jupyter keeps it. */
export interface Output {
  output_type: string;
  name?: string;
  text?: string;
  data?: Record<string, unknown>;
}

/** The outputs of each code cell of an executed notebook; texts in one piece. */
export async function outputsOf(path: string): Promise<Output[][]> {
  const whole = (value: unknown): unknown => Array.isArray(value) ? value.join("") : value;
  const { cells } = JSON.parse(await Deno.readTextFile(path));
  return cells.filter(({ cell_type }: { cell_type: string }) => cell_type === "code").map(
    ({ outputs }: { outputs: Output[] }) =>
      outputs.map(({ text, data = {}, ...rest }) => ({
        ...rest,
        text: whole(text),
        data: Object.fromEntries(Object.entries(data).map(([type, value]) => [type, whole(value)])),
      })),
  );
}

/** Executes code cells in a folder; their outputs, and the page. */
export async function executeCells(
  python: string,
  folder: string,
  cells: readonly string[],
): Promise<{ outputs: Output[][]; page: string }> {
  const path = join(folder, "01_cells.ipynb");
  await writeNotebook(path, cells);
  const written = await executeNotebook(path, { python, out: join(folder, "out") });
  if (written === undefined) throw new Error("nobody stopped it");
  return { outputs: await outputsOf(written.notebook), page: await Deno.readTextFile(written.page) };
}
