/** Training in a notebook whose kernel is killed, as an interrupt does: run again, it ends as the unbroken run does. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { executeNotebook } from "../../lib/notebook/jupyter/execute_notebook.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { tinyWorld } from "../cli/tiny_world.ts";
import { inNotebookFolder, jupyterTest, library, outputsOf, writeNotebook } from "./jupyter.ts";

/** A log without the time that each step took. */
const timeless = (log: string): string => log.replaceAll(/,"seconds":[\d.]+/g, "");

jupyterTest(
  "a training whose kernel was killed goes on when the cells are run again",
  (python) =>
    inNotebookFolder(async (folder) => {
      await useBackend("cpu");
      const { root, clip, whisper } = await tinyWorld();
      const changes = {
        clip,
        whisper,
        dataRoot: root,
        steps: 60,
        saveEvery: 7,
        evaluateEvery: 20,
        batchSize: 8,
        backend: "wasm",
      };
      const imports = ["experiments/mod", "notebook/mod", "training/presets"].map((name) => library(`lib/${name}.ts`));
      const cells = (run: string): string[] => [
        `import { ensureRun } from "${imports[0]}";
import { notebookReport } from "${imports[1]}";
import { presetConfig } from "${imports[2]}";`,
        `const config = presetConfig("sample", ${JSON.stringify(changes)});`,
        `await Deno.writeTextFile("kernel.pid", String(Deno.pid));
const run = await ensureRun(config, "${run}", { report: notebookReport() });
console.log("best step", run.results.step);`,
      ];
      const out = join(folder, "out");
      await writeNotebook(join(folder, "01_whole.ipynb"), cells("whole"));
      await writeNotebook(join(folder, "02_broken.ipynb"), cells("broken"));
      await executeNotebook(join(folder, "01_whole.ipynb"), { python, out });

      const broken = assert.rejects(
        executeNotebook(join(folder, "02_broken.ipynb"), { python, out }),
        /the kernel ended/,
      );
      const steps = async (): Promise<number> =>
        (await Deno.readTextFile(join(folder, "broken", "metrics.jsonl")).catch(() => "")).split("\n").length - 1;
      while (await steps() < 20) await new Promise((resolve) => setTimeout(resolve, 2));
      Deno.kill(Number(await Deno.readTextFile(join(folder, "kernel.pid"))), "SIGKILL");
      await broken;
      await assert.rejects(Deno.stat(join(folder, "broken", "results.json")), Deno.errors.NotFound);

      const again = await executeNotebook(join(folder, "02_broken.ipynb"), { python, out });
      for (const name of ["results.json", "metrics.jsonl"]) {
        const [whole, mended] = await Promise.all(
          ["whole", "broken"].map((run) => Deno.readTextFile(join(folder, run, name))),
        );
        assert.equal(timeless(mended!), timeless(whole!), name);
      }
      const outputs = (await outputsOf(again!.notebook)).at(-1)!;
      const bar = outputs.find(({ data }) => /^train /.test(String(data?.["text/plain"])));
      const [, first] = String(bar?.data?.["text/html"]).match(/<text x="46" y="125">(\d+)<\/text>/)!;
      assert.ok(Number(first) >= 7 && Number(first) % 7 === 0, `it went on from step ${first}`);
      assert.match(outputs.at(-1)?.text ?? "", /best step (20|40|60)\n$/);
    }),
);
