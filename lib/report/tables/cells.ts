/**
 * Cells and notes that several tables share.
 */
import { basename } from "@std/path";
import { summary } from "../../experiments/comparisons.ts";
import {
  type Comparison,
  type Cost,
  KS,
  nameOf,
  type RetrievalResult,
  type TestQueries,
  type TrialRow,
  type Way,
  WAYS,
} from "../../experiments/results.ts";
import { spreadOut } from "../../metrics/bootstrap.ts";
import type { Recall } from "../../metrics/recall.ts";
import { chanceWarning } from "../../training/chance.ts";
import type { RunConfig } from "../../training/config.ts";
import type { PaperRecall } from "../paper.ts";
import { figureText, type TableFigure } from "./report_table.ts";

export const INTERVALS: string =
  "95 % intervals: bootstrap over images, each with all of its recordings, and over seeds where there are several; Student's t " +
  "on the log odds with fewer than 50 images or near 0 and 100 %, Wilson's if all images agree.";

/** How the differences of a table were tested. */
export function pairedNote(comparisons: readonly Comparison[], trained = true): string {
  const family = comparisons.length > 1
    ? `, corrected by Holm's method for the ${comparisons.length} rows of a column`
    : "";
  const seeds = comparisons.some(({ seeds }) => seeds === undefined)
    ? "Results of an earlier version: the intervals do not include the variation over seeds."
    : comparisons.some(({ seeds }) => seeds! > 1)
    ? "Intervals and p include the variation over seeds."
    : trained
    ? "With a single seed they apply to these trained models only."
    : "";
  return "Points, with 95 % intervals and two-sided p by paired bootstrap over images, each with all of its recordings" +
    `${family}. ${seeds}`.trimEnd();
}

export const PAPER_FIGURES: string =
  "Rows from the paper: its published figures, on the whole test split of the data set itself, with CLIP ViT-L/14 and " +
  "Whisper base, without intervals. The authors' code chooses its checkpoint on the test split, ours on dev.";

/** `"110 recordings and 110 images of the test split (data/sample/coco)."` */
export function queriesNote({ recordings, pictures, dataRoot }: TestQueries, split = "test"): string {
  return `${recordings.length} recordings and ${pictures.length} images of the ${split} split (${dataRoot}).`;
}

export function modelsNote({ clip, whisper }: Pick<RunConfig, "clip" | "whisper">): string {
  return `Frozen models: ${basename(clip)}, ${basename(whisper)}.`;
}

export function trainingNote({ steps, batchSize }: RunConfig, seeds: readonly number[]): string {
  const spread = seeds.length > 1 ? `, mean ± standard deviation over the seeds ${seeds.join(", ")}` : "";
  return `Trained for ${steps} steps of ${batchSize} pairs${spread === "" ? `, seed ${seeds[0]}` : spread}.`;
}

/** A trained model, and what stayed near chance. */
export type TrainedModel = Pick<TrialRow, "name" | "variant" | "seed" | "nearChance">;

/** The trained models that hardly learned anything; empty if all did. */
export function chanceNote(rows: readonly TrainedModel[]): string {
  return rows.flatMap(({ name, variant, seed, nearChance }) => {
    const warning = chanceWarning(nearChance, variant);
    const title = name === variant ? nameOf({ variant, trained: true }) : name;
    return warning === undefined ? [] : [`Warning, ${title}, seed ${seed}: ${warning}.`];
  }).join(" ");
}

/** Empty for a table in its own run's folder. */
export function fromRuns(...runs: readonly string[]): string {
  const named = [...new Set(runs)].filter((run) => run !== "");
  return named.length === 0 ? "" : `Ours from ${named.join(", ")}.`;
}

/** Joins sentences; empty and repeated ones are dropped. */
export function paragraph(...sentences: (string | undefined)[]): string {
  return [...new Set(sentences.filter((sentence) => sentence !== undefined && sentence !== ""))].join(" ");
}

export const RECALL_HEADS: readonly string[] = WAYS.flatMap((way) =>
  KS.map((k) => `${way === "speech2image" ? "S2I" : "I2S"} R@${k}`)
);

/** How many items a query chooses from. */
export type Candidates = Readonly<Record<Way, number>>;

/** Images for a recording, recordings for an image. */
export function candidatesOf({ pictures, recordings }: TestQueries): Candidates {
  return { speech2image: pictures.length, image2speech: recordings.length };
}

/** The images that a bootstrap draws. Results of an earlier version can have an interval without width. */
export function unitsOf(candidates: Candidates): number {
  return Math.min(...WAYS.map((way) => candidates[way]));
}

/** A cell for each way and K; `-` if K reaches the number of candidates, as every query then succeeds. */
export function recallCells(
  candidates: Candidates,
  figure: (way: Way, k: keyof Recall) => TableFigure | undefined,
): string[] {
  return WAYS.flatMap((way) =>
    KS.map((k) => {
      const found = figure(way, `R@${k}` as keyof Recall);
      return found === undefined ? "" : k < candidates[way] ? figureText(found) : "-";
    })
  );
}

/** Explains `-`; empty if every K is below the number of candidates. */
export function fewCandidates(...tests: readonly Candidates[]): string {
  const few = tests.some((candidates) => WAYS.some((way) => KS.some((k) => k >= candidates[way])));
  return few ? "'-': with so few candidates every query succeeds at this K." : "";
}

/** Rows that differ only in the seed: mean, 95 % interval and, for several seeds, standard deviation. */
export function trialCells(rows: readonly TrialRow[], candidates: Candidates): string[] {
  return recallCells(candidates, (way, k) => {
    const { mean, deviation, interval } = summary(rows, way, Number(k.slice(2)));
    return { value: mean, deviation, interval };
  });
}

/** What a model costs. */
export const COST_HEADS: readonly string[] = ["trained", "s per step", "ms per query"];

export const COST_NOTE: string =
  "Trained: parameters, in millions. Times are means on the machine that ran it: a step with its reading, without evaluations; a " +
  "spoken query without Whisper, with the second stage if the system has one.";

/** Means over seeds; empty where nothing was measured. */
export function costCells(rows: readonly Pick<TrialRow, "cost">[]): string[] {
  const mean = (of: (cost: Cost) => number | undefined, digits: number): string => {
    const values = rows.flatMap(({ cost }) => (cost && of(cost)) ?? []);
    return values.length === 0 ? "" : (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(digits);
  };
  return [
    mean(({ parameters }) => parameters / 1e6, 3),
    mean(({ secondsPerStep }) => secondsPerStep, 3),
    mean(({ secondsPerQuery }) => secondsPerQuery && 1000 * secondsPerQuery, 2),
  ];
}

export function resultCells(
  result: Pick<RetrievalResult, "speech2image" | "image2speech" | "intervals">,
  candidates: Candidates,
): string[] {
  return recallCells(candidates, (way, k) => {
    return { value: result[way][k], interval: spreadOut(result.intervals[way][k], unitsOf(candidates)) };
  });
}

export function differenceCells({ differences }: Comparison, candidates: Candidates): string[] {
  return recallCells(candidates, (way, k) => {
    const { points, interval, p } = differences[way][k];
    return { value: points, interval: spreadOut(interval, unitsOf(candidates), true), p, signed: true };
  });
}

export function paperCells(recall: PaperRecall | undefined): string[] {
  return recall === undefined ? RECALL_HEADS.map(() => "") : recall.map((value) => value.toFixed(1));
}
