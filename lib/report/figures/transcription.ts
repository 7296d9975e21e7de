/**
 * Word errors of whole splits, by their kinds.
 *
 * @module
 */
import type { TranscribedSplit } from "../../experiments/transcription/transcribe_split.ts";
import type { CorpusErrors } from "../../experiments/wer/wer_analysis.ts";
import { figureText } from "../tables/report_table.ts";
import type { Figure } from "./figure.ts";
import { LIGHT, PALETTE } from "./palette.ts";
import { axis, figureLayout } from "./style.ts";

const KINDS = [
  { kind: "substitutions", label: "replaced", colour: PALETTE.vermilion },
  { kind: "deletions", label: "missed", colour: PALETTE.blue },
  { kind: "insertions", label: "added", colour: PALETTE.sky },
] as const satisfies readonly { kind: keyof CorpusErrors; label: string; colour: string }[];

/** Stacked bars, one a split: errors in percent of the written words, with the 95 % interval of their sum. */
export function transcriptionFigure(splits: readonly TranscribedSplit[]): Figure {
  const [columns, height] = [1, 0.9 + 0.35 * splits.length] as const;
  const names = splits.map(({ dataset, split }) => `${dataset}, ${split}`);
  const bars = KINDS.map(({ kind, label, colour }) => ({
    type: "bar",
    orientation: "h",
    name: label,
    y: names,
    x: splits.map(({ corpus }) => 100 * corpus[kind] / corpus.words),
    marker: { color: colour },
    hovertemplate: `%{y}: %{x:.1f} % ${label}<extra></extra>`,
  }));
  const rates = splits.map(({ corpus }) => 100 * corpus.wer);
  const intervals = {
    type: "scatter",
    mode: "markers",
    showlegend: false,
    y: names,
    x: rates,
    marker: { color: LIGHT.ink, size: 1 },
    error_x: {
      type: "data",
      symmetric: false,
      array: splits.map(({ corpus }, i) => 100 * corpus.wer95[1] - rates[i]!),
      arrayminus: splits.map(({ corpus }, i) => rates[i]! - 100 * corpus.wer95[0]),
      color: LIGHT.ink,
      thickness: 1,
      width: 3,
    },
    hovertemplate: "%{y}: word error rate %{x:.1f} %<extra></extra>",
  };
  const told = splits.map(({ corpus: { wer, wer95: [low, high] } }, i) =>
    `${names[i]} ${figureText({ value: 100 * wer, interval: [100 * low, 100 * high] })} %`
  );
  const counts = splits.map(({ recordings }, i) => `${names[i]}: ${recordings.length} recordings`);
  return {
    name: "word_errors",
    title: "Word errors of the recogniser",
    caption:
      `Errors in percent of the written words, by kind; lines are 95 % intervals of their sum by bootstrap over ` +
      `recordings. ${counts.join("; ")}.`,
    alt: `Stacked bars of word error rates: ${told.join("; ")}.`,
    columns,
    height,
    data: [...bars, intervals],
    layout: figureLayout({
      columns,
      height,
      legend: "top",
      margin: { top: 24 },
      axes: {
        xaxis: axis("Word errors (%)", { rangemode: "tozero", showgrid: true }),
        yaxis: axis("", { autorange: "reversed", ticklen: 0 }),
      },
      more: { barmode: "stack", bargap: 0.4 },
    }),
  };
}
