import assert from "node:assert/strict";
import { useBackend } from "../../lib/runtime/backend.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import { silent } from "../../lib/experiments/report.ts";
import { openTrained } from "../../lib/experiments/job.ts";
import { trainTrials } from "../../lib/experiments/trials.ts";
import { presetConfig, withModel } from "../../lib/training/presets.ts";
import { identityOf } from "../../lib/training/run_model.ts";
import { freshRun } from "../cli/leftovers.ts";
import { tinyWorld } from "../cli/tiny_world.ts";

await useBackend("wasm");

Deno.test("two models with one training are trained once, to the results of each alone", async () => {
  const { root: dataRoot, clip, whisper } = await tinyWorld({ train: 34, test: 4 });
  const short = { steps: 4, warmupSteps: 1, evaluateEvery: 2, saveEvery: 2, batchSize: 8, backend: "wasm" } as const;
  const base = presetConfig("sample-ln-coco", { dataRoot, clip, whisper, ...short });
  const [words, sound] = (["speechclip-h", "speechclip-h-parallel"] as const).map((name) => ({
    name,
    config: withModel(base, name),
  }));
  let trainings: number[] = [];
  const report = {
    ...silent,
    progress(label: string, _total: number, _unit: string, first = 0) {
      if (label === "train") trainings.push(first);
      return { update: () => {}, line: () => {}, stop: () => {} };
    },
  };
  const [both, alone] = [freshRun("twins"), freshRun("twin")];
  const together = await trainTrials([words!, sound!], [1], { folder: both, report });
  assert.deepEqual(trainings, [0, 4], "the second begins at its last step");
  trainings = [];
  const single = await trainTrials([sound!], [1], { folder: alone, report });
  assert.deepEqual(trainings, [0]);
  const [row, expected] = [together.rows[1]!, single.rows[0]!];
  assert.ok(row.cost!.secondsPerStep! > 0, "that of the training that both have");
  assert.deepEqual({ ...row, cost: row.cost!.parameters }, { ...expected, cost: expected.cost!.parameters });
  await using opened = await openTrained(`${both}/speechclip-h-parallel-seed-1`, { splits: ["test"], report: silent });
  const identity = identityOf(opened.job, opened.model);
  for (const part of ["best", "last"]) {
    const [one, other] = await Promise.all(
      [both, alone].map((path) =>
        readCheckpoint(`${path}/speechclip-h-parallel-seed-1/checkpoints/${part}.safetensors`, identity)
      ),
    );
    assert.deepEqual(one, other, part);
  }
});
