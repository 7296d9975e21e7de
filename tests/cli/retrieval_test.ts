import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "@std/path";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import { readExperiment } from "../../lib/experiments/experiment.ts";
import { EXPERIMENTS } from "../../lib/experiments/registry.ts";
import { readResults } from "../../lib/experiments/results.ts";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { freshRun, removeAtEnd } from "./leftovers.ts";
import { ROOT, run, runMany } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");
const world = await tinyWorld({ train: 20, test: 8 });
removeAtEnd(world.root, world.clip, world.whisper);
for (const padding of [false, true]) {
  removeAtEnd(storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(world.whisper, { padding })).key));
}
const models = ["--data-root", world.root, "--clip", world.clip, "--whisper", world.whisper, "--backend", "wasm"];
const training = ["--steps", "2", "--batch-size", "8"];

async function succeeds(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

const file = (out: string) => join(ROOT, out, "results.json");

Deno.test("zero-shot evaluates transcripts and captions, and repeats from its results", async () => {
  const out = freshRun("zero-shot"), anew = freshRun("zero-shot-anew");
  const shown = await succeeds(["zero-shot", "--presets", "sample-ln-coco", ...models, "--out", out]);
  assert.match(shown, /LN-COCO: 8 recordings and 8 images of the test split \(/);
  const { result } = await readExperiment(file(out), "zero-shot", EXPERIMENTS["zero-shot"].schemas);
  assert.deepEqual(result.rows.map(({ name, seed }) => [name, seed]), [["pip-zero-shot", null], [
    "pip-zero-shot-gt",
    null,
  ]]);
  assert.equal(await succeeds(["zero-shot", "--from", file(out), "--out", anew]), shown);
  assert.equal(await Deno.readTextFile(file(anew)), await Deno.readTextFile(file(out)));
});

Deno.test("compare trains each variant and seed once, and cross takes its runs", async () => {
  const out = freshRun("compare");
  const options = ["compare", ...models, ...training, "--variants", "pip-zero-shot,full", "--seeds", "2", "--out", out];
  const shown = await succeeds(options);
  const { result } = await readExperiment(file(out), "compare", EXPERIMENTS.compare.schemas);
  assert.deepEqual(
    result.rows.map(({ name, seed }) => `${name} ${seed}`),
    ["pip-zero-shot null", "full 1", "full 2"],
  );
  assert.equal(result.comparisons.length, 1);
  const again = await run(options);
  assert.equal(again.stdout, shown);
  assert.ok(!/\d\/2 /.test(again.stderr), "nothing is trained again");
  // A run is tested when it has been trained, or opened again: the same ranks. What runs share depends on the seed.
  const reread = await readExperiment(file(out), "compare", EXPERIMENTS.compare.schemas);
  assert.deepEqual(reread.result, result);
  const [, first, second] = result.rows;
  assert.notDeepEqual(first!.untrained!.ranks, second!.untrained!.ranks);
  assert.deepEqual(result.tests[0]!.wer?.length, result.tests[0]!.recordings.length);

  const crossed = freshRun("cross");
  const runs = [1, 2].map((seed) => join(out, `full-seed-${seed}`)).join(",");
  assert.match(await succeeds(["cross", "--runs", runs, "--out", crossed]), /A row is the training set/);
  const cross = await readExperiment(file(crossed), "cross", EXPERIMENTS.cross.schemas);
  assert.deepEqual(
    cross.result.rows.map(({ ranks }) => ranks),
    result.rows.filter(({ name }) => name === "full").map(({ ranks }) => ranks),
    "the same models on the same split",
  );

  // A third run of the first one's name, on other data: a row of its own, and what the others are held against there.
  const other = freshRun("compare-moved"), data = `${world.root}-moved`;
  await Deno.symlink(world.root, data);
  removeAtEnd(data);
  const moved = join(ROOT, other, "full-seed-1");
  await cp(join(ROOT, out, "full-seed-1"), moved, { recursive: true });
  const config = join(moved, "config.json");
  await Deno.writeTextFile(config, (await Deno.readTextFile(config)).replaceAll(world.root, data));
  await succeeds(["cross", "--runs", `${runs},${join(other, "full-seed-1")}`, "--out", crossed]);
  const { settings, result: three } = await readExperiment(file(crossed), "cross", EXPERIMENTS.cross.schemas);
  const names = [join(out, "full-seed-1"), "full-seed-2", join(other, "full-seed-1")];
  assert.deepEqual(settings.models.map(({ name }) => name), names);
  assert.deepEqual(
    three.comparisons.map(({ test, name, against }) => [test, names.indexOf(name), names.indexOf(against)]),
    [["ln-coco", 1, 0], ["ln-coco", 2, 0], [`ln-coco ${data}`, 0, 2], [`ln-coco ${data}`, 1, 2]],
  );
});

Deno.test("ablate trains the default and each cell, judges on dev and tests the chosen one", async () => {
  const out = freshRun("ablate");
  const grid = "prompts=separate fusion=gated attendPadding=true promptLength=2";
  const table = await succeeds(["ablate", ...models, ...training, "--grid", grid, "--seeds", "2", "--out", out]);
  const { settings, result } = await readExperiment(file(out), "ablate", EXPERIMENTS.ablate.schemas);
  assert.deepEqual(result.rows.map(({ name, seed }) => [name, seed]), [
    ["default", 1],
    ["default", 2],
    [grid, 1],
    [grid, 2],
  ]);
  // The rows are of dev, by hand the better of the two was chosen, and only it and the default were tested.
  const pairs = await loadPairs("ln-coco", world.root);
  const idsOf = (split: string) => pairs.filter((pair) => pair.split === split).map(({ id }) => id).toSorted();
  assert.deepEqual(result.tests[0]!.recordings.toSorted(), idsOf("dev"));
  assert.deepEqual(result.test!.tests[0]!.recordings.toSorted(), idsOf("test"));
  const score = (wanted: string) =>
    result.rows.filter(({ name }) => name === wanted)
      .reduce((sum, { recall }) => sum + recall.speech2image["R@1"] + recall.image2speech["R@1"], 0);
  assert.equal(result.chosen, score(grid) > score("default") ? grid : "default");
  const tested = new Set(result.test!.rows.map(({ name }) => name));
  assert.deepEqual([...tested], result.chosen === "default" ? ["default"] : ["default", grid]);
  assert.match(table, /recall on dev in percent/);
  assert.match(table, /The setting chosen on dev/);
  const own = await readResults(join(ROOT, out, "default-seed-1", "results.json"));
  assert.equal(own.split, "dev", "its own final evaluation is on dev, too");
  const { prompts, fusion, attendPadding, promptLength } = settings.models[1]!.config;
  assert.deepEqual({ prompts, fusion, attendPadding, promptLength }, {
    prompts: "separate",
    fusion: "gated",
    attendPadding: true,
    promptLength: 2,
  });
});

Deno.test("wrong use of the retrieval experiments is refused in one line", async () => {
  const cases: [string[], RegExp, number][] = [
    [["zero-shot", "--presets", "sample,none"], /'none' is none of/, 2],
    [["compare", "--variants", "half"], /'half' is none of/, 2],
    [["compare", "--from", "a", "--seeds", "2"], /cannot be used with option '--seeds/, 2],
    [["zero-shot", "--from", "a", "--backend", "cpu"], /cannot be used with option '--backend/, 2],
    [["cross", "--from", "a", "--no-cache"], /cannot be used with option '--no-cache/, 2],
    [["tone", "--from", "a", "--steps", "3"], /cannot be used with option '--steps/, 2],
    [["cross", "--runs", "a", "--max-pictures", "3"], /cannot be used with option '--max-pictures/, 2],
    [["cross", "--runs", "runs/none"], /has no config\.json/, 1],
    [["zero-shot", "--presets", "sample,sample-ln-coco"], /twice on the test split of 'ln-coco'/, 1],
    [["ablate", "--grid", "colour=red"], /expected SETTING=VALUE/, 1],
    [["ablate", "--from", "deno.json"], /must be the results\.json of 'ablate'/, 1],
  ];
  const ended = await runMany(cases.map(([args]) => args));
  for (const [i, [, message, exit]] of cases.entries()) {
    const { code, stderr, stdout } = ended[i]!;
    assert.equal(code, exit, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /^error: [^\n]+\n$/);
    assert.equal(stdout, "");
  }
});
