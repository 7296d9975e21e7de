import assert from "node:assert/strict";
import { join } from "@std/path";
import { readExperiment } from "../../lib/experiments/experiment_file.ts";
import { silent } from "../../lib/experiments/report.ts";
import { runExperiment } from "../../lib/experiments/run_experiment.ts";
import { WER_SCHEMAS } from "../../lib/experiments/wer/wer_results.ts";
import { werFromOptions } from "../../lib/cli/wer_action.ts";
import { inFolder } from "../helpers.ts";

Deno.test("an experiment by its name leaves the files that its command leaves", async () => {
  await inFolder(async (folder) => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 8 / 10},${i % 3 === 0 ? 0 : 1}`);
    const table = join(folder, "rows.csv");
    await Deno.writeTextFile(table, ["wer,hit", ...rows].join("\n"));
    const out = join(folder, "library");
    const { result } = await runExperiment("wer", { source: "table", table }, out, { report: silent });
    const { settings, result: kept } = await readExperiment(join(out, "results.json"), "wer", WER_SCHEMAS);
    assert.deepEqual(settings, { source: "table", table });
    assert.deepEqual(kept, result);
    assert.equal(result.findings[0]!.recordings, 40);

    const log = console.log, error = console.error;
    console.log = console.error = () => {};
    try {
      await werFromOptions(
        { table, out: join(folder, "command"), split: "test", k: 5, normaliser: "both", seed: 0 } as never,
      );
    } finally {
      [console.log, console.error] = [log, error];
    }
    for (const file of ["results.json", "table.md"]) {
      const [ours, theirs] = await Promise.all(
        ["library", "command"].map((one) => Deno.readTextFile(join(folder, one, file))),
      );
      assert.equal(ours, theirs);
    }
  });
});

Deno.test("what is at fault is told as the experiment tells it, and nothing is written", async () => {
  await inFolder(async (folder) => {
    const settings = { source: "table" as const, table: join(folder, "none.csv") };
    await assert.rejects(runExperiment("wer", settings, join(folder, "out"), { report: silent }), /none\.csv/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});
