/** Results made by hand, as small or as strange as a test wants them. */
import type { SerResult, SerRow, SerSettings } from "../../lib/experiments/ser/results.ts";
import type { ToneResult, ToneSettings } from "../../lib/experiments/tone/experiment.ts";
import { compareRows } from "../../lib/experiments/comparisons.ts";
import type { TrialResult, TrialRow, Way } from "../../lib/experiments/results.ts";
import type { WerResult, WerSettings } from "../../lib/experiments/wer.ts";
import { werRegression } from "../../lib/experiments/wer_analysis.ts";
import { recallInterval } from "../../lib/metrics/bootstrap.ts";
import { recallOf } from "../../lib/metrics/recall.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { Random } from "../../lib/random.ts";
import type { RunCurve } from "../../lib/report/collect/entry.ts";
import type { ExperimentParts } from "../../lib/report/figures/figure.ts";
import { sample, sampleTone } from "../../lib/training/presets.ts";

/** A model of a hand-made retrieval experiment. */
export interface HandModel {
  name: string;
  variant: Variant;
  seeds: (number | null)[];
}

/** All six variants, those that are trained with two seeds. */
export const ALL_VARIANTS: HandModel[] = [
  { name: "pip-zero-shot", variant: "pip-zero-shot", seeds: [null] },
  { name: "pip-zero-shot-gt", variant: "pip-zero-shot-gt", seeds: [null] },
  { name: "pip", variant: "pip", seeds: [1, 2] },
  { name: "pip-gt", variant: "pip-gt", seeds: [1, 2] },
  { name: "e2e", variant: "e2e", seeds: [1, 2] },
  { name: "full", variant: "full", seeds: [1, 2] },
];

/** Models on test splits, each less each of those before it; `rank` tells the rank of a query. */
export function trials(
  models: readonly HandModel[],
  sets: readonly { dataset: string; dataRoot: string }[],
  rank: (random: Random) => number = (random) => 1 + Math.floor(20 * random.next()),
): TrialResult {
  const random = new Random(7);
  const names = Array.from({ length: 12 }, (_, i) => String(i));
  const tests = sets.map(({ dataset, dataRoot }) => ({
    test: dataset,
    dataset,
    dataRoot,
    recordings: names,
    pictures: names,
  }));
  const row = ({ name, variant }: HandModel, test: string, seed: number | null): TrialRow => {
    const ranks = () => names.map(() => rank(random));
    const own: Record<Way, number[]> = { speech2image: ranks(), image2speech: ranks() };
    const intervals = (way: Way) => ({
      "R@1": recallInterval(own[way], 1),
      "R@5": recallInterval(own[way], 5),
      "R@10": recallInterval(own[way], 10),
    });
    return {
      name,
      test,
      variant,
      seed,
      step: seed === null ? 0 : 40,
      recall: { speech2image: recallOf(own.speech2image), image2speech: recallOf(own.image2speech) },
      intervals: { speech2image: intervals("speech2image"), image2speech: intervals("image2speech") },
      ranks: own,
      pictureOf: [...names.keys()],
    };
  };
  const rows = tests.flatMap(({ test }) =>
    models.flatMap((model) => model.seeds.map((seed) => row(model, test, seed)))
  );
  const of = (name: string, test: string) => rows.filter((row) => row.name === name && row.test === test);
  const comparisons = tests.flatMap(({ test }) =>
    models.flatMap(({ name }, i) =>
      models.slice(0, i).map((against) => compareRows(of(name, test), of(against.name, test)))
    )
  );
  return { tests, rows, comparisons };
}

/** The bundled sample's data sets. */
export const THREE_SETS = [
  { dataset: "flickr8k", dataRoot: "data/sample/flickr8k" },
  { dataset: "spokencoco", dataRoot: "data/sample/coco" },
  { dataset: "ln-coco", dataRoot: "data/sample/coco" },
];

/** Words of one's own for the logistic curve: the more errors, the fewer hits. */
export function werOf(
  rows: { wer: number[]; hit: number[] },
  normalisers: ("raw" | "english")[],
): ExperimentParts<WerSettings, WerResult> {
  const findings = normalisers.map((normaliser) => ({
    ...werRegression(rows),
    normaliser,
    recordings: rows.wer.length,
    hits: rows.hit.filter((hit) => hit === 1).length,
    withoutWords: 0,
    points: rows,
  }));
  const of = {
    dataset: "ln-coco",
    split: "test",
    variant: "full",
    trained: true,
    step: 40,
    images: 20,
    recordings: rows.wer.length,
    withoutCaption: 0,
  };
  const settings: WerSettings = {
    source: "model",
    config: sample(),
    run: { path: "runs/a", config: sample(), checkpoint: "best" },
    split: "test",
    k: 5,
    normalisers,
    seed: 1,
  };
  return { settings, result: { of, findings } };
}

/** Emotions by systems; `rows` tells system, encoder, protocol, seed. */
export function serOf(
  classes: string[],
  rows: Pick<SerRow, "system" | "encoder" | "protocol" | "seed">[],
): ExperimentParts<SerSettings, SerResult> {
  const clips = classes.flatMap((emotion, c) =>
    ["01", "02"].map((speaker) => ({
      id: `${c}-${speaker}`,
      speaker,
      emotion,
      split: "test" as const,
      transcript: "",
    }))
  );
  const made = rows.map((row, i): SerRow => ({
    ...row,
    layer: null,
    l2: null,
    chosenBy: null,
    predictions: clips.map(({ id }) => ({ id, emotion: classes[0]! })),
    accuracy: { value: 0.25 + 0.05 * i, interval: [0.2 + 0.05 * i, 0.4 + 0.05 * i] },
    unweightedAverageRecall: { value: 0.2 + 0.05 * i, interval: [0.1, 0.5] },
    recall: {},
    confusion: classes.map((_, actual) => classes.map((_, said) => (actual === said ? 3 : said === 0 ? 1 : 0))),
    bySpeaker: {},
  }));
  const encoders = [...new Set(rows.flatMap(({ encoder }) => encoder ?? []))];
  return {
    settings: {
      data: { dataset: "ravdess", dataRoot: "data/ravdess", calm: "neutral", transcript: "heard" },
      encoders: encoders.map((name) => ({
        name,
        config: { ...sample(), variant: name === "pip" ? "pip" : "full" },
        path: null,
        trained: true,
      })),
      fineTune: null,
      seeds: [1],
      folds: 6,
      fineTuneFolds: false,
    },
    result: { classes, clips, folds: 0, encoderSteps: {}, rows: made },
  };
}

/** Twins; R@1 of each row follows from its place. */
export function toneOf(variants: Variant[], seeds: number[]): ExperimentParts<ToneSettings, ToneResult> {
  const rows = variants.flatMap((variant, v) =>
    seeds.flatMap((seed) =>
      (["spoken", "flat", "caption"] as const).map((condition, c) => {
        const value = 20 * v + 5 * c + seed;
        const twins = {
          speech2image: { "R@1": value, interval: [value - 3, value + 7] as [number, number] },
          image2speech: { "R@1": value + 1, interval: [value - 1, value + 4] as [number, number] },
        };
        const none = { "R@1": 0, "R@5": 0, "R@10": 0 };
        const scores = {
          recordings: 160,
          groups: 40,
          chance: 25,
          twins,
          recall: { speech2image: none, image2speech: none },
          moods: ["neutral", "happy", "sad", "angry"],
          confusion: [],
          queries: [],
        };
        return { variant, seed, condition, scores };
      })
    )
  );
  return { settings: { config: sampleTone(), variants, seeds }, result: { rows } };
}

/** A training that gets better. */
export function curveOf(run: string, variant: string, seed: number, steps: number, devSteps: number[] = []): RunCurve {
  const at = Array.from({ length: steps }, (_, i) => i + 1);
  return {
    run,
    variant,
    seed,
    steps: at,
    loss: at.map((step) => 5 / Math.sqrt(step) + seed),
    devSteps,
    dev: devSteps.map((step) => 100 * step / (step + 40)),
  };
}
