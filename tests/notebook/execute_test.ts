/** Notebooks executed by real processes: what is written, what is told, and how it stops. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { executeNotebook } from "../../lib/notebook/jupyter/execute_notebook.ts";
import { command, run } from "../cli/run.ts";
import { inNotebookFolder, jupyterTest, library, outputsOf, writeNotebook } from "./jupyter.ts";

/** Names in a folder, in order. */
async function filesOf(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

/** A cell that tells its process and then works for minutes without listening to anybody. */
const BUSY = `await Deno.writeTextFile("kernel.pid", String(Deno.pid));
for (const end = Date.now() + 300_000; Date.now() < end;);`;

/** Waits until a file has content. */
async function contentOf(path: string): Promise<string> {
  for (;;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until a process is gone, or dead and not yet buried. Python looks: Deno may not read /proc. */
const WAIT = `import os, sys, time
pid = int(sys.argv[1])
def lives():
    try:
        os.kill(pid, 0)
        return sys.platform != "linux" or open(f"/proc/{pid}/cmdline").read() != ""
    except OSError:
        return False
while lives():
    time.sleep(0.02)`;

async function gone(python: string, pid: number): Promise<void> {
  await new Deno.Command(python, { args: ["-c", WAIT, String(pid)] }).output();
}

jupyterTest(
  "notebooks are executed in order, by number and name, and written as notebook and page",
  () =>
    inNotebookFolder(async (folder) => {
      await writeNotebook(join(folder, "02_second.ipynb"), [`console.log(Deno.cwd());`, "6 * 7"]);
      await writeNotebook(join(folder, "01_first.ipynb"), [`console.log("one", Deno.execPath());`]);
      await writeNotebook(join(folder, "03_third.ipynb"), ["throw new Error('not asked for')"]);
      const out = join(folder, "out");
      const { code, stdout, stderr } = await run(
        ["notebooks", "2", "01_first", "--folder", folder, "--out", out],
        { permissions: "test" },
      );
      assert.equal(code, 0, stderr);
      assert.deepEqual(await filesOf(out), ["01_first.html", "01_first.ipynb", "02_second.html", "02_second.ipynb"]);
      assert.match(stdout, /^02_second: 2 cells in .*02_second\.html\n01_first: 1 cells in .*01_first\.html\n$/);
      assert.match(stderr, new RegExp(`nbclient .*, nbconvert .*; kernel Deno ${RegExp.escape(Deno.version.deno)}`));
      const [one] = await outputsOf(join(out, "01_first.ipynb"));
      assert.equal(one![0]?.text, `one ${Deno.execPath()}\n`, "the kernel is the Deno that was started");
      const [cwd, answer] = await outputsOf(join(out, "02_second.ipynb"));
      assert.equal(cwd![0]?.text, `${folder}\n`);
      assert.match(String(answer![0]?.data?.["text/plain"]), /42/);
      assert.match(await Deno.readTextFile(join(out, "02_second.html")), /42/);
    }),
);

jupyterTest(
  "the first failing cell ends it: source, error, exit code 1, nothing written",
  () =>
    inNotebookFolder(async (folder) => {
      await writeNotebook(join(folder, "01_fails.ipynb"), [
        "const fine = 1;",
        'const late = await Promise.resolve("cause");\nthrow new RangeError("no such " + late);',
        "fine",
      ]);
      await writeNotebook(join(folder, "02_never.ipynb"), ["1"]);
      const out = join(folder, "out");
      await Deno.mkdir(out);
      await Deno.writeTextFile(join(out, "01_fails.ipynb"), "of an earlier time");
      const { code, stdout, stderr } = await run(["notebooks", "--folder", folder, "--out", out], {
        permissions: "test",
      });
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, /error: Cannot execute '.*01_fails\.ipynb' as its cell 3 fails:/);
      assert.match(stderr, /throw new RangeError\("no such " \+ late\);/);
      assert.match(stderr, /RangeError: no such cause/);
      assert.deepEqual(await filesOf(out), ["01_fails.ipynb"]);
      assert.equal(await Deno.readTextFile(join(out, "01_fails.ipynb")), "of an earlier time");
    }),
);

Deno.test("the task writes to its own folders only, and says how to grant more", () =>
  inNotebookFolder(async (folder) => {
    const path = join(folder, "01_any.ipynb");
    await writeNotebook(path, ["1"]);
    for (const args of [[path, "--out", folder], [path, "--clear"]]) {
      const { code, stderr } = await run(["notebooks", ...args], { permissions: "notebooks" });
      assert.equal(code, 1);
      assert.match(stderr, /^error: Cannot write to '.*' as the task may write to .*notebooks\/ only/);
    }
  }));

jupyterTest(
  "a cell that takes too long, and a kernel that dies, are told",
  (python) =>
    inNotebookFolder(async (folder) => {
      const [path, out] = [join(folder, "01_busy.ipynb"), join(folder, "out")];
      await writeNotebook(path, [BUSY]);
      await assert.rejects(executeNotebook(path, { python, out, timeout: 1 }), /cell 2 fails:[^]*longer than 1 s/);
      await gone(python, Number(await contentOf(join(folder, "kernel.pid"))));
      await Deno.remove(join(folder, "kernel.pid"));
      const dying = assert.rejects(executeNotebook(path, { python, out }), /cell 2 fails:[^]*the kernel ended/);
      Deno.kill(Number(await contentOf(join(folder, "kernel.pid"))), "SIGKILL");
      await dying;
      assert.deepEqual(await filesOf(out), []);
    }),
);

for (const [signal, expected] of [["SIGINT", 130], ["SIGKILL", 137]] as const) {
  jupyterTest(
    `${signal} ends the kernel too, and leaves nothing half written`,
    (python) =>
      inNotebookFolder(async (folder) => {
        await writeNotebook(join(folder, "01_busy.ipynb"), [BUSY]);
        const out = join(folder, "out");
        const child = command(["notebooks", "--folder", folder, "--out", out], { permissions: "test" }).spawn();
        const told = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
        const kernel = Number(await contentOf(join(folder, "kernel.pid")));
        child.kill(signal);
        assert.equal((await child.status).code, expected);
        await gone(python, kernel);
        assert.deepEqual(await filesOf(out), []);
        if (signal !== "SIGKILL") assert.match((await told)[1], /stopping the kernel/);
        else await told;
      }),
  );
}

jupyterTest("no output is dropped where cells show many", (python) =>
  inNotebookFolder(async (folder) => {
    const show = `import { showMarkdown } from "${library("lib/notebook/show.ts")}";`;
    const cells = Array.from({ length: 6 }, (_, cell) =>
      cell % 3 === 0
        ? `for (let i = 0; i < 8; i++) console.log("${cell}:" + i);`
        : cell % 3 === 1
        ? `for (let i = 0; i < 8; i++) await showMarkdown("${cell}:" + i);`
        : `await Deno.jupyter.broadcast("display_data", { data: { "text/markdown": "${cell}:0" }, metadata: {} });`);
    await writeNotebook(join(folder, "01_many.ipynb"), [show, ...cells]);
    for (let repeat = 0; repeat < Number(Deno.env.get("BREWCLIP_NOTEBOOK_REPEATS") ?? 2); repeat++) {
      const written = await executeNotebook(join(folder, "01_many.ipynb"), { python, out: join(folder, "out") });
      const [, ...outputs] = await outputsOf(written!.notebook);
      outputs.forEach((cell, at) => {
        const seen = cell.map(({ text, data }) =>
          text ?? data?.["text/markdown"]
        ).join("\n").split(/\s+/).filter(Boolean);
        const count = at % 3 === 2 ? 1 : 8;
        assert.deepEqual(
          seen,
          Array.from({ length: count }, (_, i) =>
            `${at}:${i}`),
          `repeat ${repeat}`,
        );
      });
    }
  }));
