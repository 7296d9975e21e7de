import assert from "node:assert/strict";
import { ablate, type AblateSettings, gridOf, ONE_AT_A_TIME, oneAtATime } from "../../lib/experiments/ablate.ts";
import { cross } from "../../lib/experiments/cross.ts";
import { joinTrials } from "../../lib/experiments/trials.ts";
import { comparedPairs, compareRows, controlComparisons, summary } from "../../lib/experiments/comparisons.ts";
import { type Comparison, TRIAL_RESULT, type TrialRow } from "../../lib/experiments/results.ts";
import { present } from "../../lib/report/present.ts";
import { recallInterval } from "../../lib/metrics/bootstrap.ts";
import { recallOf } from "../../lib/metrics/recall.ts";
import { Random } from "../../lib/random.ts";
import { sample } from "../../lib/training/presets.ts";

/** A row of random ranks, two recordings a picture; a picture without a recording has rank 0. */
function row(name: string, seed: number, reach: number): TrialRow {
  const random = new Random(`${name} ${seed}`);
  const ranks = {
    speech2image: Array.from({ length: 40 }, () => 1 + random.integer(reach)),
    image2speech: Array.from({ length: 20 }, (_, i) => i === 3 ? 0 : 1 + random.integer(reach)),
  };
  const pictureOf = ranks.speech2image.map((_, recording) => Math.floor(recording / 2));
  const each = (way: "speech2image" | "image2speech") => {
    const groups = way === "speech2image" ? pictureOf : undefined;
    return {
      "R@1": recallInterval(ranks[way], 1, { groups }),
      "R@5": recallInterval(ranks[way], 5, { groups }),
      "R@10": recallInterval(ranks[way], 10, { groups }),
    };
  };
  return {
    name,
    test: "own",
    variant: "full",
    seed,
    step: 2,
    recall: { speech2image: recallOf(ranks.speech2image), image2speech: recallOf(ranks.image2speech) },
    intervals: { speech2image: each("speech2image"), image2speech: each("image2speech") },
    ranks,
    pictureOf,
  };
}

Deno.test("a model that hardly learned is named in its table, and the file is read back as it was", async () => {
  const nearChance = [{ of: "inner" as const, value: 6.9, chance: 6.93 }];
  const rows = [{ ...row("full", 1, 12), nearChance }, row("full", 2, 12)];
  const { recordings, pictures } = {
    recordings: rows[0]!.pictureOf.map((_, i) => `${i}`),
    pictures: rows[0]!.ranks.image2speech.map((_, i) => `${i}`),
  };
  const tests = [{ test: "own", dataset: "own", dataRoot: "pairs.jsonl", recordings, pictures }];
  const result = { tests, rows, comparisons: [] };
  assert.deepEqual(TRIAL_RESULT.safeParse(JSON.parse(JSON.stringify(result))), { success: true, data: result });
  const config = { ...sample(), dataset: "own" as const, dataRoot: "pairs.jsonl" };
  const { text } = await present("compare", { settings: { config, variants: ["full"], seeds: [1, 2] }, result });
  const warnings = text.replaceAll(/\s+/g, " ").match(/Warning, [^.]+/g);
  assert.deepEqual(warnings, [
    "Warning, BrewCLIP (full), seed 1: the acoustic branch has hardly learned anything: its inner loss (sound against transcript) ends at 6",
  ]);
});

Deno.test("means over seeds are those of the queries and of the recalls alike, against the naive sums", () => {
  const rows = [1, 2, 3].map((seed) => row("a", seed, 12));
  for (const way of ["speech2image", "image2speech"] as const) {
    for (const k of [1, 5, 10] as const) {
      const recalls = rows.map(({ recall }) => recall[way][`R@${k}`]);
      const mean = (recalls[0]! + recalls[1]! + recalls[2]!) / 3;
      const found = summary(rows, way, k);
      assert.ok(Math.abs(found.mean - mean) < 1e-9);
      const deviation = Math.sqrt(recalls.map((value) => (value - mean) ** 2).reduce((a, b) => a + b) / 2);
      assert.ok(Math.abs(found.deviation - deviation) < 1e-9);
      assert.ok(found.interval[0] <= mean && mean <= found.interval[1]);
    }
  }
  // One seed: the interval is that of the row itself, and there is no deviation.
  const one = summary(rows.slice(0, 1), "speech2image", 5);
  assert.deepEqual(one.interval, rows[0]!.intervals.speech2image["R@5"]);
  assert.ok(Number.isNaN(one.deviation));
});

Deno.test("variants are compared with each other, and published systems with the full model alone, if it is there", () => {
  assert.deepEqual(comparedPairs(["pip", "full", "speechclip-p", "milan"]), [
    ["full", "pip"],
    ["speechclip-p", "full"],
    ["milan", "full"],
  ]);
  assert.deepEqual(comparedPairs(["pip", "speechclip-p", "milan"]), [
    ["speechclip-p", "pip"],
    ["milan", "pip"],
    ["milan", "speechclip-p"],
  ]);
});

Deno.test("each model is compared with itself untrained, seed by seed; without that nothing is claimed", () => {
  const rows = [1, 2].map((seed) => {
    const { recall, intervals, ranks } = row("start", seed, 40);
    return { ...row("a", seed, 6), untrained: { recall, intervals, ranks } };
  });
  const tests = [{ test: "own", dataset: "own", dataRoot: "x", recordings: ["r"], pictures: ["p"] }];
  const [found, ...others] = controlComparisons({ tests, rows: [...rows, row("b", 1, 9)] });
  assert.deepEqual([found!.name, found!.against, others.length], ["a", "a-untrained", 0]);
  const naive = summary(rows, "speech2image", 5).mean -
    summary([1, 2].map((seed) => row("start", seed, 40)), "speech2image", 5).mean;
  assert.ok(Math.abs(found!.differences.speech2image["R@5"].points - naive) < 1e-9 && naive > 20);
  assert.ok(TRIAL_RESULT.safeParse(JSON.parse(JSON.stringify({ tests, rows, comparisons: [found] }))).success);
  assert.deepEqual(controlComparisons({ tests, rows: [rows[0]!, row("a", 2, 6)] }), [], "a seed lacks its control");
});

Deno.test("a comparison is the difference of the means, turns its sign with the sides, and is nothing with itself", async () => {
  const good = [1, 2].map((seed) => row("good", seed, 6)), bad = [1, 2].map((seed) => row("bad", seed, 40));
  const forth = compareRows(good, bad), back = compareRows(bad, good), same = compareRows(good, good);
  for (const way of ["speech2image", "image2speech"] as const) {
    for (const k of [1, 5, 10] as const) {
      const { points, interval, p } = forth.differences[way][`R@${k}`];
      assert.ok(Math.abs(points - (summary(good, way, k).mean - summary(bad, way, k).mean)) < 1e-9);
      assert.ok(interval[0] <= points && points <= interval[1]);
      assert.equal(p < 0.05, interval[0] > 0 || interval[1] < 0, `${p} ${interval}`);
      assert.ok(Math.abs(back.differences[way][`R@${k}`].points + points) < 1e-9);
      const none = same.differences[way][`R@${k}`];
      assert.deepEqual([none.points, none.p], [0, 1]);
      assert.ok(none.interval[0] < 0 && none.interval[1] === -none.interval[0], "no interval of zero width");
    }
  }
  assert.throws(() =>
    summary([good[0]!, { ...bad[0]!, ranks: { speech2image: [1], image2speech: [1] } }], "speech2image", 1)
  );
  const result = {
    tests: [{
      test: "own",
      dataset: "own",
      dataRoot: "x",
      recordings: good[0]!.ranks.speech2image.map((_, i) => `r${i}`),
      pictures: good[0]!.ranks.image2speech.map((_, i) => `p${i}`),
    }],
    rows: [...good, ...bad],
    comparisons: [forth],
  };
  assert.ok(TRIAL_RESULT.safeParse(JSON.parse(JSON.stringify(result))).success);
  assert.ok(!TRIAL_RESULT.safeParse({ ...result, more: 1 }).success);
  assert.ok(!TRIAL_RESULT.safeParse({ ...result, rows: [{ ...good[0]!, step: -1 }] }).success);
  const config = { ...sample(), dataset: "own" as const, dataRoot: "x" };
  const settings = { models: [{ name: "bad", config }, { name: "good", config }], seeds: [1, 2] };
  const table = async (comparisons: Comparison[]) =>
    (await present("ablate", { settings, result: { ...result, comparisons } })).markdown;
  assert.match(await table([forth]), /\| good +\| \d+\.\d ± \d+\.\d \[\d+\.\d, \d+\.\d\] \|/);
  assert.match(await table([forth]), /Each setting minus 'bad'[^]*\| good +\| \+\d+\.\d \[/);
  const level = { points: -1e-16, interval: [-0.04, 0.04] as [number, number], p: 1 };
  const nothing = { "R@1": level, "R@5": level, "R@10": level };
  const even = { ...forth, differences: { speech2image: nothing, image2speech: nothing } };
  assert.match(await table([even]), /\| \+0\.0 \[\+0\.0, \+0\.0\] p 1\.000 \|/, "no minus before 0");
  assert.match(await table([]), /No setting differs from 'bad'/);
});

Deno.test("recordings of one image that always agree count as one", () => {
  const twice = (row: TrialRow): TrialRow => ({
    ...row,
    ranks: { ...row.ranks, speech2image: row.ranks.image2speech.flatMap((rank) => [rank || 9, rank || 9]) },
  });
  const once = (row: TrialRow): TrialRow => ({
    ...row,
    ranks: { ...row.ranks, speech2image: row.ranks.image2speech.map((rank) => rank || 9) },
    pictureOf: row.pictureOf.slice(0, 20).map((_, i) => i),
  });
  const [one, other] = [row("one", 1, 12), row("other", 1, 14)];
  const differences = (of: (row: TrialRow) => TrialRow) => compareRows([of(one)], [of(other)]).differences.speech2image;
  assert.deepEqual(differences(twice), differences(once));
  assert.deepEqual(summary([twice(one)], "speech2image", 5).interval, summary([once(one)], "speech2image", 5).interval);
});

Deno.test("models of one split that were asked other queries are refused", () => {
  const queries = { test: "own", dataset: "own", dataRoot: "x", recordings: ["a", "b"], pictures: ["p"] };
  const [one, two] = [row("a", 1, 3), row("b", 1, 3)];
  assert.deepEqual(joinTrials([{ row: one, queries }, { row: two, queries }]).tests, [queries]);
  assert.throws(
    () => joinTrials([{ row: one, queries }, { row: two, queries: { ...queries, recordings: ["a"] } }]),
    /Cannot compare 'b' on 'own' as its queries differ/,
  );
});

Deno.test("two models of one name are refused before any work, as their rows could not be distinguished", async () => {
  const model = { name: "m", config: sample(), run: null };
  const report = { line: assert.fail, result: assert.fail, progress: assert.fail };
  await assert.rejects(cross.run({ models: [model, model] }, { folder: "none", report }), /two are called 'm'/);
});

Deno.test("a grid is every combination, once, without the default again; what it cannot hold is named", () => {
  const config = sample();
  const cells = gridOf(config, "alpha=0,0.1,0.5 attendPadding=false,true promptLength=4");
  assert.equal(cells[0]!.name, "default");
  assert.equal(cells.length, 1 + 3 * 2 - 1);
  for (const { name, config: changed } of cells.slice(1)) {
    const [alpha, padding] = name.split(" ").map((part) => part.split("=")[1]);
    assert.deepEqual(changed, { ...config, alpha: Number(alpha), attendPadding: padding === "true" });
  }
  assert.deepEqual(oneAtATime(config).map(({ name }) => name), ["default", ...ONE_AT_A_TIME]);
  const context = { folder: "none", report: { line: assert.fail, result: assert.fail, progress: assert.fail } };
  const asked = { changes: "loss=sigmoid  queue=64,128 acousticLayers=all fusion=sum,confidence" };
  const { models } = ablate.settings(asked, context) as AblateSettings;
  assert.deepEqual(
    models.slice(1).map(({ name, config: { loss, queue, acousticLayers, fusion } }) => ({
      name,
      loss,
      queue,
      acousticLayers,
      fusion,
    })),
    [
      { name: "loss=sigmoid", loss: "sigmoid", queue: null, acousticLayers: "last", fusion: "sum" },
      { name: "queue=64", loss: "infonce", queue: 64, acousticLayers: "last", fusion: "sum" },
      { name: "queue=128", loss: "infonce", queue: 128, acousticLayers: "last", fusion: "sum" },
      { name: "acousticLayers=all", loss: "infonce", queue: null, acousticLayers: "all", fusion: "sum" },
      { name: "fusion=confidence", loss: "infonce", queue: null, acousticLayers: "last", fusion: "confidence" },
    ],
  );
  assert.throws(() => ablate.settings({ changes: "queue=0" }, context), /queue/);
  for (
    const [grid, message] of [
      ["colour=red", /'colour=red' found, expected SETTING=VALUE/],
      ["alpha", /'alpha' found/],
      ["alpha=", /'alpha=' found/],
      ["alpha=2", /alpha: /],
      ["alpha=x", /alpha: /],
      ["attendPadding=maybe", /attendPadding: /],
      ["prompts=none", /prompts: /],
      ["alpha=0 alpha=1", /'alpha' is named twice/],
    ] as const
  ) assert.throws(() => gridOf(config, grid), message);
});
