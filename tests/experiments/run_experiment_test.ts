import assert from "node:assert/strict";
import { join } from "@std/path";
import { readExperiment } from "../../lib/experiments/experiment.ts";
import { silent } from "../../lib/experiments/report.ts";
import { runExperiment } from "../../lib/report/run_experiment.ts";
import { WER_SCHEMAS } from "../../lib/experiments/wer.ts";
import { main } from "../../lib/cli/main.ts";
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
      assert.equal(await main(["wer", "--table", table, "--out", join(folder, "command")]), 0);
    } finally {
      [console.log, console.error] = [log, error];
    }
    const files = (file: string) =>
      Promise.all(["library", "command"].map((one) => Deno.readTextFile(join(folder, one, file))));
    const [ours, theirs] = (await files("results.json")).map((text) => JSON.parse(text)) as [object, object];
    const known = { command: ["wer", "--table", table], checksum: null };
    assert.deepEqual({ ...ours, ...known }, { ...theirs, checksum: null }, "only the command knows its arguments");
    const [table1, table2] = await files("table.md");
    assert.equal(table1, table2);
  });
});

Deno.test("a fault is reported in the experiment's words, and nothing is written", async () => {
  await inFolder(async (folder) => {
    const settings = { source: "table" as const, table: join(folder, "none.csv") };
    await assert.rejects(runExperiment("wer", settings, join(folder, "out"), { report: silent }), /none\.csv/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});
