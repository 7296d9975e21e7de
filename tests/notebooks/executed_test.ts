/**
 * The notebooks, all executed in their order by the real Jupyter, in a clean copy of the project, so that the `runs/` of this
 * one are neither used nor touched. What each shows is compared with the files that it wrote.
 */
import assert from "node:assert/strict";
import { basename, join } from "@std/path";
import { executeNotebook } from "../../lib/notebook/jupyter/execute_notebook.ts";
import { listNotebooks, notebookName } from "../../lib/notebook/jupyter/notebook_file.ts";
import { jupyterTest } from "../notebook/jupyter.ts";
import { ROOT } from "../cli/run.ts";
import { EXPECTED } from "./expected.ts";
import { numbersIn, shownBy } from "./outputs.ts";
import { copyProject } from "./project_copy.ts";

Deno.test("every notebook is expected to show something", async () => {
  const names = (await listNotebooks(join(ROOT, "notebooks"))).map(notebookName);
  assert.deepEqual(names, Object.keys(EXPECTED));
});

let copy: Promise<string> | undefined;

/** Numbers of the notebooks' settings, and smaller ones, with which the test takes half the time. */
const SMALLER: [RegExp, string][] = [
  [/\b(maxPictures: |ln-coco\\": )240\b/g, "$1120"],
  [/\b(steps: |const steps = )80\b/g, "$130"],
  [/\bsteps: 150\b/g, "steps: 40"],
];

/** The copy, which all notebooks share: later ones use the runs of earlier ones. */
function sharedCopy(): Promise<string> {
  return copy ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "brewclip-notebooks-" });
    await copyProject(folder);
    const unused = new Set(SMALLER);
    for (const path of await listNotebooks(join(folder, "notebooks"))) {
      let text = await Deno.readTextFile(path);
      for (const change of SMALLER) {
        const smaller = text.replace(...change);
        if (smaller !== text) unused.delete(change);
        text = smaller;
      }
      await Deno.writeTextFile(path, text);
    }
    assert.deepEqual([...unused], [], "all these settings are in the notebooks");
    return folder;
  })();
}

Deno.test.afterAll(async () => {
  if (copy !== undefined) await Deno.remove(await copy, { recursive: true });
});

for (const [name, expected] of Object.entries(EXPECTED)) {
  jupyterTest(`${name} runs from its first cell to its last and shows what it found`, async (python) => {
    const folder = await sharedCopy();
    const path = join(folder, "notebooks", `${name}.ipynb`);
    const written = await executeNotebook(path, { python, out: join(folder, "executed"), timeout: 1800 });
    assert.ok(written, "nobody stopped it");
    const shown = await shownBy(written.notebook);

    const errors = shown.cells.flat().filter(({ output_type, name }) => output_type === "error" || name === "stderr");
    assert.deepEqual(errors, []);
    const values = shown.cells.flat().filter(({ output_type }) => output_type === "execute_result");
    assert.deepEqual(values, [], "no cell ends with a value that nobody wants to see");

    assert.equal(shown.figures.length, expected.figures.length, shown.figures.map(({ title }) => title).join("; "));
    for (const [i, { title, data }] of shown.figures.entries()) {
      assert.match(title, expected.figures[i]!);
      assert.ok(data.length > 0 && numbersIn(data).length > 0, `figure '${title}' holds data`);
    }
    for (const kind of ["players", "pictures", "tables"] as const) {
      assert.ok(shown[kind] >= expected[kind], `${shown[kind]} ${kind}, expected ${expected[kind]}`);
    }

    const runs = join(folder, "runs");
    const texts = await expected.texts(runs);
    assert.ok(texts.length > 0);
    for (const text of texts) assert.ok(shown.seen.includes(text), `'${text}' is in:\n${shown.seen}`);
    for (const { figure, numbers } of expected.drawn ?? []) {
      const drawn = numbersIn(shown.figures[figure]!.data);
      for (const number of await numbers(runs)) {
        const found = drawn.some((value) => Math.abs(value - number) < 0.006 || Math.abs(100 * value - number) < 0.006);
        assert.ok(found, `${number} is drawn in '${shown.figures[figure]!.title}'`);
      }
    }
    assert.ok((await Deno.readTextFile(written.page)).length > 10_000, `${basename(written.page)} is a page`);
  });
}
