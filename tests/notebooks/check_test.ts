/** The committed notebooks, by rules that are themselves held to notebooks which break them. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { checkCode, checkForm, checkNotebooks } from "./check.ts";
import {
  chooseNotebooks,
  clearNotebook,
  listNotebooks,
  type NotebookFile,
  notebookName,
  readNotebook,
} from "../../lib/notebook/jupyter/notebook_file.ts";
import { ROOT, run } from "../cli/run.ts";
import { inFolder } from "../helpers.ts";
import { notebookOf } from "../notebook/jupyter.ts";

const FOLDER = join(ROOT, "notebooks");

Deno.test("the notebooks are numbered from 01 on, without a gap", async () => {
  const names = (await listNotebooks(FOLDER)).map(notebookName);
  assert.deepEqual(names.map((name) => Number(name.slice(0, 2))), names.map((_, i) => i + 1), names.join(", "));
});

Deno.test("the notebooks have no outputs, short cells, one import, right types and no lint", async () => {
  assert.deepEqual(await checkNotebooks(await listNotebooks(FOLDER), { root: ROOT }), []);
});

/** A notebook with these code cells. */
function made(...sources: string[]): NotebookFile {
  const code = sources.map((source) => ({ kind: "code", source, outputs: 0, executionCount: null }));
  return {
    kernel: "deno",
    cells: [{ kind: "markdown", source: "# A question?", outputs: 0, executionCount: null }, ...code],
  };
}

const good = made('import { silent } from "@brewclip/brewclip";', "silent.line(String(Deno.jupyter));");

Deno.test("every rule of form finds what breaks it, and nothing else", () => {
  const cases: [string, NotebookFile, RegExp | undefined][] = [
    ["01_good.ipynb", good, undefined],
    ["notebooks/12_two_words.ipynb", good, undefined],
    ["good.ipynb", good, /expected a name such as/],
    ["1_good.ipynb", good, /expected a name such as/],
    ["01_Good.ipynb", good, /expected a name such as/],
    ["01_a.ipynb", { ...good, kernel: "python3" }, /its kernel is python3, expected deno/],
    ["01_a.ipynb", { ...good, kernel: undefined }, /its kernel is not named/],
    ["01_a.ipynb", { ...good, cells: good.cells.slice(1) }, /expected a Markdown cell with a heading/],
    ["01_a.ipynb", made("1\n".repeat(10)), undefined],
    ["01_a.ipynb", made("1\n".repeat(11)), /cell 2: has 11 lines, expected at most 10/],
    ["01_a.ipynb", made("1", " "), /cell 3: is empty/],
    [
      "01_a.ipynb",
      made('import fs from "node:fs";'),
      /imports 'node:fs', expected '@brewclip\/brewclip' or a subpath of it only/,
    ],
    ["01_a.ipynb", made('import "npm:sharp";'), /imports 'npm:sharp'/],
    ["01_a.ipynb", made("await import('../lib/errors.ts')"), /imports '\.\.\/lib\/errors\.ts'/],
    ["01_a.ipynb", made('import {\n  silent,\n} from "../lib/x.ts";'), /imports '\.\.\/lib\/x\.ts'/],
    ["01_a.ipynb", made("import.meta.dirname"), /uses import\.meta/],
    [
      "01_a.ipynb",
      made("silent();", 'import { silent, type Report } from "@brewclip/brewclip";'),
      /cell 3: imports 'silent', which cell 2 uses: import it there/,
    ],
    [
      "01_a.ipynb",
      made('import { silent } from "@brewclip/brewclip";', 'import { silent } from "@brewclip/brewclip";'),
      undefined,
    ],
    ["01_a.ipynb", made('const root = "/home/me/data";'), /names a path of one machine/],
    ["01_a.ipynb", made("const root = 'C:\\\\data';"), /names a path of one machine/],
  ];
  for (const [path, notebook, expected] of cases) {
    const found = checkForm(path, notebook);
    if (expected === undefined) assert.deepEqual(found, []);
    else {
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0]!, expected);
    }
  }
  const cell = { kind: "code", source: "1", outputs: 2, executionCount: 4 };
  const ran = checkForm("01_a.ipynb", { ...good, cells: [...good.cells, cell] });
  assert.deepEqual(ran.map((line) => line.match(/cell 4: has (2 outputs|an execution count)/)?.[1]), [
    "2 outputs",
    "an execution count",
  ]);
});

Deno.test("types and lint are those of the kernel, and findings name their cells", async () => {
  const bad = made(
    'import { silent, noSuchName } from "@brewclip/brewclip";\nconst count: number = "three";',
    "silent.line(noSuchName);\nconst never = 1;",
    "await Deno.jupyter.display(count, { raw: 3 });",
  );
  const found = await checkCode([{ path: "01_good.ipynb", notebook: good }, { path: "02_bad.ipynb", notebook: bad }], {
    root: ROOT,
  });
  assert.equal(found.length, 2);
  const [types, lint] = found as [string, string];
  assert.match(types, /no exported member 'noSuchName'[^]*at 02_bad\.ipynb, cell 2, line 1/);
  assert.match(types, /'string' is not assignable to type 'number'[^]*at 02_bad\.ipynb, cell 2, line 2/);
  assert.match(types, /'number' is not assignable to type 'boolean \| undefined'[^]*at 02_bad\.ipynb, cell 4, line 1/);
  assert.match(lint, /`never` is never used\s*--> 02_bad\.ipynb, cell 3, line 2/);
  assert.ok(!found.join().includes("01_good"), found.join("\n"));
});

Deno.test("clearing removes what a run leaves, and nothing else", () =>
  inFolder(async (folder) => {
    const path = join(folder, "01_ran.ipynb");
    const before = notebookOf(["1 + 1", "2"]);
    const ran = structuredClone(before);
    Object.assign(ran.cells[1]!, {
      execution_count: 1,
      outputs: [{ output_type: "stream", name: "stdout", text: "2" }],
      metadata: { execution: { "iopub.status.idle": "2026-11-23T01:00:00Z" }, tags: ["kept"] },
    });
    await Deno.writeTextFile(path, JSON.stringify(ran));
    const { code, stdout } = await run(["notebooks", path, "--clear"], { permissions: "test" });
    assert.equal(code, 0);
    assert.match(stdout, /01_ran\.ipynb: cleared/);
    Object.assign(before.cells[1]!, { metadata: { tags: ["kept"] } });
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), before);
    assert.deepEqual(checkForm("01_ran.ipynb", await readNotebook(path)), []);
    assert.equal(await clearNotebook(path), false, "the second time there is nothing to clear");
  }));

Deno.test("notebooks are found by number, name and path; an unknown name is reported", () =>
  inFolder(async (folder) => {
    await assert.rejects(listNotebooks(folder), /expected files named \*\.ipynb/);
    for (const name of ["01_one", "02_two", "10_ten"]) {
      await Deno.writeTextFile(join(folder, `${name}.ipynb`), JSON.stringify(notebookOf(["1"])));
    }
    const chosen = async (...names: string[]): Promise<string[]> =>
      (await chooseNotebooks(folder, names)).map(notebookName);
    assert.deepEqual(await chosen(), ["01_one", "02_two", "10_ten"]);
    assert.deepEqual(await chosen("10", "2", "02", "01_one.ipynb"), ["10_ten", "02_two", "01_one"]);
    assert.deepEqual(await chosen(join(folder, "02_two.ipynb")), ["02_two"]);
    await assert.rejects(chosen("3"), /Cannot find the notebook '3'.*01_one, 02_two, 10_ten/);
    await Deno.writeTextFile(join(folder, "11_none.ipynb"), '{"nbformat": 3}');
    await assert.rejects(readNotebook(join(folder, "11_none.ipynb")), InputError);
  }));
