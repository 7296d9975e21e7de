/**
 * Cells and notes that several tables share.
 *
 * @module
 */
import { basename } from "@std/path";
import {
  type Comparison,
  KS,
  type RetrievalResult,
  summary,
  type TestQueries,
  type TrialRow,
  WAYS,
} from "../../experiments/results.ts";
import type { RunConfig } from "../../training/config.ts";
import type { PaperRecall } from "../paper.ts";
import { figureText } from "./report_table.ts";

/** How intervals of recall are made. */
export const INTERVALS: string = "With 95 % intervals by bootstrap over images, each with all of its recordings.";

/** How differences are tested. */
export const PAIRED: string =
  "Points, with 95 % intervals and two-sided p by paired bootstrap over images, each with all of its recordings (2,000 " +
  "resamples), p not corrected for the number of comparisons. They hold for the models as trained: the spread over seeds is " +
  "not in them.";

/** What the paper's figures are. */
export const PAPER_FIGURES: string =
  "Rows from the paper: its published figures, on the whole test split of the data set itself, with CLIP ViT-L/14 and " +
  "Whisper base, without intervals. The authors' code chooses its checkpoint on the test split, ours on dev.";

/** `"110 recordings and 110 images of the test split (data/sample/coco)."` */
export function queriesNote({ recordings, pictures, dataRoot }: TestQueries): string {
  return `${recordings.length} recordings and ${pictures.length} images of the test split (${dataRoot}).`;
}

/** The frozen models. */
export function modelsNote({ clip, whisper }: Pick<RunConfig, "clip" | "whisper">): string {
  return `Frozen models: ${basename(clip)}, ${basename(whisper)}.`;
}

/** How long, and with which seeds, models were trained. */
export function trainingNote({ steps, batchSize }: RunConfig, seeds: readonly number[]): string {
  const spread = seeds.length > 1 ? `, mean ± standard deviation over the seeds ${seeds.join(", ")}` : "";
  return `Trained for ${steps} steps of ${batchSize} pairs${spread === "" ? `, seed ${seeds[0]}` : spread}.`;
}

/** `"Ours from runs/a, runs/b."`; nothing for a table that is shown in its own run's folder. */
export function fromRuns(...runs: readonly string[]): string {
  const named = [...new Set(runs)].filter((run) => run !== "");
  return named.length === 0 ? "" : `Ours from ${named.join(", ")}.`;
}

/** Sentences as a paragraph; those that are empty are left out, one that comes twice stands once. */
export function paragraph(...sentences: (string | undefined)[]): string {
  return [...new Set(sentences.filter((sentence) => sentence !== undefined && sentence !== ""))].join(" ");
}

/** Heads of the six columns. */
export const RECALL_HEADS: readonly string[] = WAYS.flatMap((way) =>
  KS.map((k) => `${way === "speech2image" ? "S2I" : "I2S"} R@${k}`)
);

/** Rows that differ in the seed only: mean, standard deviation where there are several, 95 % interval. */
export function trialCells(rows: readonly TrialRow[]): string[] {
  return WAYS.flatMap((way) =>
    KS.map((k) => {
      const { mean, deviation, interval } = summary(rows, way, k);
      return figureText({ value: mean, deviation, interval });
    })
  );
}

/** One evaluation, with its 95 % intervals. */
export function resultCells(result: Pick<RetrievalResult, "speech2image" | "image2speech" | "intervals">): string[] {
  return WAYS.flatMap((way) =>
    KS.map((k) => figureText({ value: result[way][`R@${k}`], interval: result.intervals[way][`R@${k}`] }))
  );
}

/** Differences in points, each with its 95 % interval and p. */
export function differenceCells({ differences }: Comparison): string[] {
  return WAYS.flatMap((way) =>
    KS.map((k) => {
      const { points, interval, p } = differences[way][`R@${k}`];
      return figureText({ value: points, interval, p, signed: true });
    })
  );
}

/** Published figures; empty cells where there are none. */
export function paperCells(recall: PaperRecall | undefined): string[] {
  return recall === undefined ? RECALL_HEADS.map(() => "") : recall.map((value) => value.toFixed(1));
}
