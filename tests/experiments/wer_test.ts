import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { readExperiment, writeExperiment } from "../../lib/experiments/experiment.ts";
import { silent } from "../../lib/experiments/report.ts";
import {
  analyseWer,
  corpusErrors,
  type RankedTranscript,
  werRegression,
  werSamples,
} from "../../lib/experiments/wer_analysis.ts";
import { runWer } from "../../lib/experiments/wer_job.ts";
import { WER_SCHEMAS, type WerResult, type WerSettings } from "../../lib/experiments/wer.ts";
import { present } from "../../lib/report/present.ts";
import { readJson } from "../../lib/files/read.ts";
import { wilsonInterval } from "../../lib/metrics/distributions.ts";
import { sample } from "../../lib/training/presets.ts";
import { inFolder } from "../helpers.ts";

const TEXTS: RankedTranscript[] = [
  { id: "a", reference: "Two dogs, it's grey.", transcript: "2 dogs it is gray", rank: 1 },
  { id: "b", reference: "A red cat sits.", transcript: "A red hat", rank: 9 },
  { id: "c", reference: "", transcript: "a cat", rank: 1 },
  { id: "d", reference: "um", transcript: "a tree", rank: 5 },
  { id: "e", reference: "the sun is out", transcript: "the the sun is out", rank: 6 },
  { id: "f", reference: "a blue boat", transcript: "a blue boat", rank: 2 },
  { id: "g", reference: "a green boat", transcript: "a queen coat", rank: 3 },
];

Deno.test("errors are counted under both normalizers; recordings without a caption are skipped", () => {
  const { samples, withoutCaption } = werSamples(TEXTS);
  assert.equal(withoutCaption, 1);
  const [a, b, d, e] = samples;
  assert.equal(a!.id, "a");
  // "two dogs, it's grey." against "2 dogs it is gray": four words substituted, one inserted.
  assert.deepEqual([a!.raw.substitutions, a!.raw.deletions, a!.raw.insertions, a!.raw.wer], [4, 0, 1, 1.25]);
  assert.equal(a!.english.wer, 0);
  assert.deepEqual([b!.raw.substitutions, b!.raw.deletions], [1, 1], "'hat' for 'cat', 'sits.' is missing");
  assert.equal(d!.english.words, 0, "nothing but a filler");
  assert.equal(e!.english.insertions, 1);
});

Deno.test("findings name rows, hits at K and the corpus, and leave out captions without words", () => {
  const { samples } = werSamples(TEXTS);
  const [raw, english] = analyseWer(samples, { k: 5 });
  assert.deepEqual([raw!.normaliser, raw!.recordings, raw!.hits, raw!.withoutWords], ["raw", 6, 4, 0]);
  assert.deepEqual([english!.recordings, english!.hits, english!.withoutWords], [5, 3, 1]);
  assert.deepEqual(english!.points.hit, [1, 0, 0, 1, 1]);
  assert.deepEqual(analyseWer(samples, { k: 6, normalisers: ["english"] }).map(({ hits }) => hits), [4]);
  const { words, substitutions, deletions, insertions, wer, perfect } = english!.corpus;
  assert.deepEqual([words, substitutions, deletions, insertions, perfect], [5 + 4 + 4 + 3 + 3, 1 + 2, 1, 1, 2]);
  assert.ok(Math.abs(wer - 5 / 19) < 1e-12);
  assert.throws(() => analyseWer(samples, { k: 0 }), /'k' must be a positive whole number/);
});

Deno.test("the corpus interval holds the rate, is one point for equal recordings, and repeats by its seed", () => {
  const one = { errors: 1, words: 4, wer: 0.25, substitutions: 1, deletions: 0, insertions: 0 };
  const same = corpusErrors([one, one, one]).wer95; // no spread: Wilson of 0.25 of 3
  assert.ok(same[0] > 0 && same[0] < 0.1 && same[1] > 0.6 && same[1] < 0.8, `${same}`);
  const mixed = Array.from({ length: 60 }, (_, i) => ({ ...one, errors: i % 3, substitutions: i % 3 }));
  const { wer, wer95: [low, high] } = corpusErrors(mixed, { seed: 3 });
  // The mean of 0, 1, 2 errors in 4 words is 0.25; its standard error is sqrt(2/3) / 4 / sqrt(60) = 0.0264.
  assert.ok(
    wer === 0.25 && Math.abs(low - (0.25 - 1.96 * 0.0264)) < 0.01 && Math.abs(high - (0.25 + 1.96 * 0.0264)) < 0.01,
  );
  assert.deepEqual(corpusErrors(mixed, { seed: 3 }), corpusErrors(mixed, { seed: 3 }));
});

Deno.test("the regression and its curve equal the reference within 1e-6; the band is around it", async () => {
  const { logistic } = await readJson("tests/fixtures/metrics.json") as {
    logistic: Record<string, number[]> & { slope: number; intercept: number };
  };
  const { regression, curve, calibration, bins } = werRegression({ wer: logistic["wer"]!, hit: logistic["hit"]! });
  assert.ok(regression.fitted);
  assert.ok(Math.abs(regression.fit.coefficients[1]!.estimate - logistic.slope) < 1e-6);
  assert.ok(Math.abs(regression.oddsRatioPer10Points - Math.exp(logistic.slope / 10)) < 1e-6);
  assert.equal(curve!.x.length, 101);
  const { intercept, slope } = logistic;
  curve!.x.forEach((x, i) => {
    const p = curve!.probability[i]!;
    assert.ok(Math.abs(p - 1 / (1 + Math.exp(-intercept - slope * x))) < 1e-6, `at ${x}`);
    assert.ok(curve!.lower95[i]! < p && p < curve!.upper95[i]!);
  });
  assert.equal(curve!.x.at(-1), Math.max(...logistic["wer"]!));
  for (const table of [calibration!, bins]) assert.equal(table.reduce((sum, { count }) => sum + count, 0), 400);
});

Deno.test("bins are closed above, start with rows without an error, and have Wilson intervals", () => {
  const { bins } = werRegression({ wer: [0, 0, 0.1, 0.11, 0.5, 1, 1.2, 0.2], hit: [1, 0, 1, 0, 0, 1, 0, 1] });
  assert.deepEqual(bins.map(({ from, to, count, hits }) => [from, to, count, hits]), [
    [0, 0, 2, 1],
    [0, 0.1, 1, 1],
    [0.1, 0.2, 2, 1],
    [0.3, 0.5, 1, 0],
    [0.5, 1, 1, 1],
    [1, null, 1, 0],
  ]);
  assert.deepEqual(bins[0]!.recall95, wilsonInterval(0.5, 2));
});

Deno.test("recordings without an error are calibrated apart, however many they are", () => {
  const wer = [...Array(50).fill(0), ...Array.from({ length: 18 }, (_, i) => (i + 1) / 20)];
  const hit = wer.map((value, i) => i % 7 === 0 || value > 0.8 ? 0 : 1);
  const { calibration } = werRegression({ wer, hit });
  assert.deepEqual(calibration!.map(({ count }) => count), [50, ...Array(9).fill(2)]);
  assert.equal(calibration![0]!.observed, hit.slice(0, 50).reduce((sum: number, value) => sum + value, 0) / 50);
});

Deno.test("without a regression the reason is given, and the rest is computed", () => {
  const reason = (wer: number[], hit: number[]) => {
    const found = werRegression({ wer, hit, words: wer.map((_, i) => i) });
    assert.ok(!found.regression.fitted && found.curve === undefined && found.calibration === undefined);
    assert.ok(found.bins.length > 0);
    return found.regression.reason;
  };
  assert.match(reason([0, 0.1, 0.6, 0.7], [1, 1, 0, 0]), /separates hits from misses completely/);
  assert.match(reason([0.1, 0.1, 0.1, 0.1], [1, 0, 1, 0]), /column 'wer' is constant/);
  assert.match(reason([0, 0.1, 0.6, 0.7], [1, 1, 1, 1]), /all 4 outcomes are 1/);
  assert.match(reason([0.2], [1]), /there are 1 rows for 2 coefficients/);
  assert.throws(() => werRegression({ wer: [], hit: [] }), RangeError);
  assert.throws(() => werRegression({ wer: [1], hit: [1, 0] }), RangeError);
});

Deno.test("results are read back as they were written, and the table names their data", async () => {
  const { samples, withoutCaption } = werSamples(TEXTS);
  const of = { dataset: "ln-coco", split: "test", variant: "pip-zero-shot", trained: false, step: 0 };
  const result: WerResult = {
    of: { ...of, images: 9, recordings: 7, withoutCaption },
    findings: analyseWer(samples),
  };
  const config = { ...sample(), variant: "pip-zero-shot" as const };
  const settings: WerSettings = {
    source: "model",
    config,
    run: null,
    split: "test",
    k: 5,
    normalisers: ["raw", "english"],
    seed: 0,
  };
  await inFolder(async (folder) => {
    const path = await writeExperiment(folder, { experiment: "wer", settings, result }, "");
    const read = await readExperiment(path, "wer", WER_SCHEMAS);
    assert.deepEqual(read.settings, settings);
    assert.deepEqual(JSON.stringify(read.result), JSON.stringify(result));
    await writeExperiment(folder, { experiment: "wer", settings, result: { ...result, findings: [] } }, "");
    await assert.rejects(readExperiment(path, "wer", WER_SCHEMAS), /result\.findings/);
  });
  const { markdown: table } = await present("wer", { settings, result });
  assert.match(table, /ln-coco, test split: 7 recordings retrieve one of 9 images \(pip-zero-shot, not trained\)/);
  assert.match(table, /1 without a written caption are skipped/);
  assert.match(table, /English normalizer +\| 5 +\| 19 +\| 3 +\| 1 +\| 1 +\| 26\.3/);
});

Deno.test("a table of your own is checked line by line", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "rows.csv");
    const of = async (text: string) => {
      await Deno.writeTextFile(file, text);
      return await runWer({ source: "table", table: file }, folder, { report: silent });
    };
    const outcome = await of("WER,hit,words\n0,1,3\n0.5,0,4\n0.2,1,9\n0.4,1,8\n0.1,0,5\n0.9,0,6\n");
    const [finding] = outcome!.result.findings;
    assert.deepEqual(finding!.points, { wer: [0, 0.5, 0.2, 0.4, 0.1, 0.9], hit: [1, 0, 1, 1, 0, 0] });
    assert.ok(finding!.regression.fitted && finding!.withLength !== undefined);
    const refused = (text: string, message: RegExp) =>
      assert.rejects(of(text), (error) => error instanceof InputError && message.test(error.message));
    await refused("wer,hit\n0.1,2\n", /rows\.csv:2 as 'hit' is 2: expected 0 or 1/);
    await refused("wer,hit\n-1,1\n", /'wer' is -1: expected a number of at least 0/);
    await refused("wer\n1\n", /must name 'hit'/);
    await refused("wer,hit\n", /no rows/);
    await refused("wer,hit,words\n0,1,3\n0.5,0,\n", /rows\.csv:3 as 'words' is missing/);
  });
});
