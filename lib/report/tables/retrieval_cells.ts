/**
 * Recall as cells of a table: R@1, R@5, R@10 of speech to image, then of image to speech.
 *
 * @module
 */
import type { RetrievalResult } from "../../experiments/results.ts";
import { type Comparison, KS, type TrialRow, WAYS } from "../../experiments/trials/trial_results.ts";
import { summary } from "../../experiments/trials/trial_statistics.ts";
import type { PaperRecall } from "../paper/paper_recall.ts";
import { figureText } from "./report_table.ts";

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
