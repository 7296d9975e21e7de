/** Hand-made results for tests of the report: small, and every figure of theirs can be told by hand. */
import { join } from "@std/path";
import { compareRows } from "../../lib/experiments/comparisons.ts";
import { rowsOf, type TestQueries, type TrialRow, type Way } from "../../lib/experiments/results.ts";
import { recallInterval } from "../../lib/metrics/bootstrap.ts";
import { recallOf } from "../../lib/metrics/recall.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { openEntry, type ReportEntry } from "../../lib/report/collect/entry.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import type { RunConfig } from "../../lib/training/config.ts";

/** Ten recordings of ten images: so many of either way are found at once, the others in place 20. */
export function row(
  name: string,
  test: string,
  hits: { s2i: number; i2s: number },
  options: { seed?: number | null; variant?: Variant } = {},
): TrialRow {
  const ranks: Record<Way, number[]> = {
    speech2image: Array.from({ length: 10 }, (_, i) => i < hits.s2i ? 1 : 20),
    image2speech: Array.from({ length: 10 }, (_, i) => i < hits.i2s ? 1 : 20),
  };
  const intervals = (way: Way) => ({
    "R@1": recallInterval(ranks[way], 1),
    "R@5": recallInterval(ranks[way], 5),
    "R@10": recallInterval(ranks[way], 10),
  });
  const { seed = 1, variant = name as Variant } = options;
  return {
    name,
    test,
    variant,
    seed,
    step: seed === null ? 0 : 20,
    recall: { speech2image: recallOf(ranks.speech2image), image2speech: recallOf(ranks.image2speech) },
    intervals: { speech2image: intervals("speech2image"), image2speech: intervals("image2speech") },
    ranks,
    pictureOf: [...ranks.speech2image.keys()],
  };
}

/** The queries of {@link row}. */
export function queries({ dataset, dataRoot }: RunConfig): TestQueries {
  const names = (prefix: string) => Array.from({ length: 10 }, (_, i) => `${prefix}${i}`);
  return { test: dataset, dataset, dataRoot, recordings: names("r"), pictures: names("p") };
}

/** A preset's settings. */
export function preset(name: string): RunConfig {
  return presetConfig(name);
}

/** An entry of a file that was not read from anywhere. */
export function entry(
  file: { experiment: string; command?: string[] | undefined; settings: unknown; result: unknown },
  run = "runs/made",
): ReportEntry {
  const { experiment, command, settings, result } = file;
  return openEntry({
    run,
    written: "2026-01-02T03:04:05.000Z",
    curves: [],
    file: JSON.parse(JSON.stringify({ format: 1, experiment, command, settings, result })),
  });
}

/** `zero-shot` on presets: 4 of 10 found by transcripts, 6 by captions; of images 2 and 3. */
export function zeroShotEntry(presets: readonly string[] = ["sample-flickr8k", "sample-ln-coco"]): ReportEntry {
  const configs = presets.map((name) => ({ ...preset(name), variant: "pip-zero-shot" as const }));
  const tests = configs.map(queries);
  const rows = tests.flatMap(({ test }) => [
    row("pip-zero-shot", test, { s2i: 4, i2s: 2 }, { seed: null }),
    row("pip-zero-shot-gt", test, { s2i: 6, i2s: 3 }, { seed: null }),
  ]);
  const comparisons = tests.map(({ test }) =>
    compareRows(rowsOf(rows, "pip-zero-shot-gt", test), rowsOf(rows, "pip-zero-shot", test))
  );
  return entry({ experiment: "zero-shot", settings: { configs }, result: { tests, rows, comparisons } }, "runs/zs");
}

/** `compare` of zero-shot and full on a preset with seeds 1 and 2: 3 of 10; 7 and 9 of 10. */
export function compareEntry(name = "sample-ln-coco", run = "runs/cmp"): ReportEntry {
  const config = preset(name);
  const tests = [queries(config)];
  const rows = [
    row("pip-zero-shot", config.dataset, { s2i: 3, i2s: 1 }, { seed: null }),
    row("full", config.dataset, { s2i: 7, i2s: 5 }, { seed: 1 }),
    row("full", config.dataset, { s2i: 9, i2s: 5 }, { seed: 2 }),
  ];
  const comparisons = [
    compareRows(rowsOf(rows, "full", config.dataset), rowsOf(rows, "pip-zero-shot", config.dataset)),
  ];
  const settings = { config, variants: ["pip-zero-shot", "full"], seeds: [1, 2] };
  return entry({ experiment: "compare", settings, result: { tests, rows, comparisons } }, run);
}

/** `cross` of the narrations and of Flickr8k's layout: 8 of 10 at home, 5 abroad. */
export function crossEntry(): ReportEntry {
  const configs = [preset("sample-ln-coco"), preset("sample-flickr8k")];
  const tests = configs.map(queries);
  const rows = configs.flatMap(({ dataset }) =>
    tests.map(({ test }) =>
      row(dataset, test, dataset === test ? { s2i: 8, i2s: 8 } : { s2i: 5, i2s: 4 }, { variant: "full" })
    )
  );
  const models = configs.map((config) => ({ name: config.dataset, config, run: null }));
  return entry({ experiment: "cross", settings: { models }, result: { tests, rows, comparisons: [] } }, "runs/cross");
}

/** Emotion recognition on four clips of two speakers. */
export function serEntry(dataRoot = "data/sample/ravdess", seeds = [1]): ReportEntry {
  const clips = ["a", "b", "c", "d"].map((id, i) => ({
    id,
    speaker: i < 2 ? "1" : "2",
    emotion: i % 2 === 0 ? "happy" : "sad",
    split: i < 2 ? "train" : "test",
    transcript: "kids",
  }));
  const figure = (value: number) => ({ value, interval: [value / 2, (1 + value) / 2] });
  const made = (system: string, encoder: string | null, protocol: string, accuracy: number, seed: number | null) => ({
    system,
    encoder,
    protocol,
    seed,
    l2: null,
    predictions: [{ id: "c", emotion: "happy" }, { id: "d", emotion: "happy" }],
    accuracy: figure(accuracy),
    unweightedAverageRecall: figure(accuracy / 2),
    recall: { happy: 1, sad: 0 },
    confusion: [[1, 0], [1, 0]],
    bySpeaker: { "2": accuracy },
  });
  const config = preset("sample-moods");
  const fineTune = {
    steps: 1,
    batchSize: 2,
    learningRate: 1e-3,
    promptRate: 0.1,
    warmupSteps: 0,
    weightDecay: 0,
    dropout: 0,
    scale: 10,
    crop: 1,
    augment: 0,
    average: 0,
  };
  return entry({
    experiment: "ser",
    settings: {
      data: { dataset: "ravdess", dataRoot, calm: "neutral", transcript: "heard" },
      encoders: [{ name: "full", config, path: null, trained: true }],
      fineTune,
      seeds,
      folds: 2,
      fineTuneFolds: false,
    },
    result: {
      classes: ["happy", "sad"],
      clips,
      encoderSteps: { full: 20 },
      rows: [
        made("majority", null, "split", 0.5, null),
        made("log-mel", null, "split", 0.25, null),
        made("probe", "full", "split", 0.75, null),
        ...seeds.map((seed) => made("fine-tuned", "full", "split", seed === 1 ? 0.8 : 0.6, seed)),
        made("majority", null, "speakers-out", 0.5, null),
      ],
    },
  }, "runs/ser");
}

/** Writes an entry as a run's folder. */
export async function writeRun(root: string, { stored }: ReportEntry, name: string, time: Date): Promise<string> {
  const folder = join(root, name);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "results.json"), JSON.stringify(stored.file));
  await Deno.utime(join(folder, "results.json"), time, time);
  return folder;
}

/** The tone benchmark on two groups of two twins: all found by full, half by pip. */
export function toneEntry(): ReportEntry {
  const scores = (found: number) => {
    const twin = { "R@1": found, interval: [found / 2, found] };
    const recall = { "R@1": found, "R@5": 100, "R@10": 100 };
    return {
      recordings: 4,
      groups: 2,
      chance: 50,
      twins: { speech2image: twin, image2speech: twin },
      recall: { speech2image: recall, image2speech: recall },
      moods: ["happy", "sad"],
      confusion: [[2, 0], [2 - found / 50, found / 50]],
      queries: [{ id: "a", group: "1", mood: "happy", chosen: "happy", twinRank: 1, rank: 1 }],
    };
  };
  const rows = (["pip", "full"] as const).flatMap((variant) =>
    (["spoken", "flat"] as const).map((condition) => ({
      variant,
      seed: 1,
      condition,
      scores: scores(variant === "full" && condition === "spoken" ? 100 : 50),
    }))
  );
  const settings = { config: preset("sample-tone"), variants: ["pip", "full"], seeds: [1] };
  return entry({ experiment: "tone", settings, result: { rows } }, "runs/tone");
}

/** Word errors of six recordings, with a regression and one that has no answer. */
export function werEntry(): ReportEntry {
  const coefficient = (name: string, estimate: number) => ({
    name,
    estimate,
    standardError: 0.5,
    z: estimate / 0.5,
    p: 0.04,
    confidence95: [estimate - 1, estimate + 1],
  });
  const points = { wer: [0, 0, 0.1, 0.2, 0.5, 1], hit: [1, 1, 1, 0, 1, 0] };
  const shared = {
    recordings: 6,
    hits: 4,
    withoutWords: 0,
    corpus: { words: 60, substitutions: 3, deletions: 1, insertions: 2, wer: 0.1, wer95: [0.05, 0.2], perfect: 2 },
    bins: [
      { from: 0, to: 0, count: 2, hits: 2, recall: 1, recall95: [0.3, 1] },
      { from: 0, to: 0.5, count: 3, hits: 2, recall: 2 / 3, recall95: [0.2, 0.9] },
      { from: 0.5, to: null, count: 1, hits: 0, recall: 0, recall95: [0, 0.8] },
    ],
    points,
  };
  const fit = {
    coefficients: [coefficient("intercept", 1), coefficient("wer", -2)],
    covariance: [[0.25, 0], [0, 0.25]],
    logLikelihood: -3,
    nullLogLikelihood: -4,
    mcFaddenR2: 0.25,
    likelihoodRatio: { statistic: 2, degrees: 1, p: 0.16 },
    observations: 6,
    positives: 4,
    iterations: 5,
  };
  const x = [0, 0.5, 1];
  const findings = [
    {
      ...shared,
      normaliser: "raw",
      regression: { fitted: true, fit, oddsRatioPer10Points: 0.82 },
      curve: { x, probability: [0.73, 0.5, 0.27], lower95: [0.5, 0.3, 0.1], upper95: [0.9, 0.7, 0.5] },
    },
    { ...shared, normaliser: "english", regression: { fitted: false, reason: "A threshold parts hits from misses." } },
  ];
  const config = { ...preset("sample"), variant: "pip-zero-shot" };
  const of = {
    dataset: "ln-coco",
    split: "test",
    variant: "pip-zero-shot",
    trained: false,
    step: 0,
    images: 10,
    recordings: 6,
    withoutCaption: 0,
  };
  return entry({
    experiment: "wer",
    settings: {
      source: "model",
      config,
      run: null,
      split: "test",
      k: 5,
      normalisers: ["raw", "english"],
      seed: 0,
    },
    result: { of, findings },
  }, "runs/wer");
}

/** `ablate` of one setting: 6 of 10 by default, 4 with alpha 0. */
export function ablateEntry(): ReportEntry {
  const config = preset("sample");
  const models = [{ name: "default", config }, { name: "alpha=0", config: { ...config, alpha: 0 } }];
  const rows = [
    row("default", config.dataset, { s2i: 6, i2s: 6 }, { variant: "full" }),
    row("alpha=0", config.dataset, { s2i: 4, i2s: 5 }, { variant: "full" }),
  ];
  const comparisons = [compareRows(rows.slice(1), rows.slice(0, 1))];
  return entry({
    experiment: "ablate",
    settings: { models, seeds: [1] },
    result: { tests: [queries(config)], rows, comparisons },
  }, "runs/ablate");
}
