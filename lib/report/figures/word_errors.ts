/** Word errors: rates by data set, and recall against the rate of each recording. */
import type { TranscribedSplit } from "../../experiments/transcribe_split.ts";
import type { CorpusErrors } from "../../experiments/wer_analysis.ts";
import type { WerFinding, WerResult, WerSettings } from "../../experiments/wer.ts";
import { logisticCurve } from "../../metrics/logistic_regression.ts";
import { originOf } from "../collect/origin.ts";
import { figureText } from "../tables/report_table.ts";
import { amount, describeData, errorBars, inPercent } from "./captions.ts";
import { modelName } from "./differences.ts";
import type { ExperimentParts, Figure, PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { panelFigure } from "./panels.ts";
import { axis, figureLayout, FONT_SIZES, LIGHT, PALETTE } from "./style.ts";

const TITLES = { raw: "Words as they are", english: "English normalizer", table: "Rates as given" } as const;
/** Few rates are higher. They lie outside the figure; the caption says how many. */
const HIGHEST = 2;
const BAND = "rgba(0, 114, 178, 0.22)";

/**
 * Whether a recording finds its image, against its word error rate, from `wer` (paper, section 5): the logistic curve with its
 * band, recall in bins with intervals, a stroke per recording; one panel per normalizer.
 */
export function werFigure({ settings, result }: ExperimentParts<WerSettings, WerResult>): Figure {
  const { of, findings } = result;
  const across = Math.min(2, findings.length);
  const hit = settings.source === "model" ? `R@${settings.k}` : "Hits";
  const model = settings.source === "model" && of !== null
    ? `${modelName(of.variant)}${
      of.trained ? `, seed ${(settings.run?.config ?? settings.config).seed}, step ${of.step}` : ""
    }`
    : "";
  const data = settings.source === "model" && of !== null
    ? `${describeData(originOf(of.dataset, settings.config.dataRoot))}, ${of.split} split: ${
      amount(of.recordings, "recording")
    } retrieve one of ${amount(of.images, "image")} (${model})`
    : `${amount(findings[0]!.recordings, "row")} of ${settings.source === "table" ? settings.table : "a table"}`;
  return panelFigure({
    name: "wer",
    title: "Recall by word error rate",
    caption:
      `${hit} against the word error rate of each recording. ${data}. Line and band: logistic regression with its 95 % ` +
      `interval; dots: share of hits in bins of the rate, at the mean of each bin, with 95 % intervals; strokes: ` +
      `recordings that found their image (top) or did not (bottom).${findings.map(describeRegression).join("")}${
        describeOutside(findings)
      }`,
    alt: `Curve and dots. ${findings.map((finding) => describeBins(finding)).join(" ")}`,
  }, {
    columns: across === 1 ? 1 : 2,
    rows: Math.ceil(findings.length / 2),
    across,
    panelHeight: 165,
    margin: { left: 46, right: 10, top: across === 1 ? 54 : 40, bottom: 40 },
    gap: { x: 20, y: 62 },
    legend: "top",
  }, ({ row, column, axes }) => {
    const finding = findings[2 * row + column];
    if (finding === undefined) return undefined;
    const highest = 100 * Math.min(HIGHEST, Math.max(0.1, ...finding.points.wer));
    return {
      title: TITLES[finding.normaliser],
      data: findingTraces(finding, axes === ""),
      xaxis: axis("Word error rate (%)", { range: [-0.03 * highest, 1.03 * highest], nticks: 7 }),
      yaxis: axis(column === 0 ? `${hit} (%)` : "", {
        range: [-9, 109],
        tickvals: [0, 25, 50, 75, 100],
        showgrid: true,
        showticklabels: column === 0,
      }),
      annotations: finding.regression.fitted ? [] : [noFit(axes)],
    };
  });
}

function findingTraces(finding: WerFinding, legend: boolean): PlotlyTrace[] {
  const { bins, points } = finding, curve = shownCurve(finding);
  const strokes = (found: 0 | 1): PlotlyTrace => ({
    type: "scatter",
    mode: "markers",
    name: found === 1 ? "found" : "not found",
    showlegend: false,
    x: points.wer.filter((_, i) => points.hit[i] === found).map((rate) => 100 * rate),
    y: points.hit.filter((value) => value === found).map(() => found === 1 ? 105 : -5),
    marker: { symbol: "line-ns-open", size: 6, color: found === 1 ? PALETTE.green : PALETTE.vermilion, opacity: 0.55 },
    hovertemplate: `WER %{x:.0f} %<extra>${found === 1 ? "found" : "not found"}</extra>`,
  });
  const shares = bins.map(({ recall, recall95 }) => inPercent({ value: recall, interval: recall95 }));
  return [
    ...(curve === undefined ? [] : [
      {
        type: "scatter",
        mode: "lines",
        name: "95 % band",
        legendgroup: "band",
        showlegend: legend,
        x: [...curve.x, ...curve.x.toReversed()].map((rate) => 100 * rate),
        y: [...curve.upper95, ...curve.lower95.toReversed()].map((share) => 100 * share),
        fill: "toself",
        fillcolor: BAND,
        line: { width: 0, simplify: false },
        hoverinfo: "skip",
      },
      {
        type: "scatter",
        mode: "lines",
        name: "logistic regression",
        legendgroup: "curve",
        showlegend: legend,
        x: curve.x.map((rate) => 100 * rate),
        y: curve.probability.map((share) => 100 * share),
        line: { color: PALETTE.blue, width: 1.75, simplify: false },
        hovertemplate: "WER %{x:.0f} %: %{y:.1f} %<extra></extra>",
      },
    ]),
    {
      type: "scatter",
      mode: "markers",
      name: "recall in bins",
      legendgroup: "bins",
      showlegend: legend,
      x: bins.map((bin) => 100 * meanRate(finding, bin)),
      y: shares.map(({ value }) => value),
      error_y: errorBars(shares),
      marker: { color: PALETTE.orange, size: 6, line: { color: LIGHT.ink, width: 0.6 } },
      customdata: bins.map(({ count }) => count),
      hovertemplate: "%{y:.1f} % of %{customdata}<extra></extra>",
    },
    strokes(1),
    strokes(0),
  ];
}

/** If the curve leaves the figure, it is computed anew for the visible part, so that it is as smooth. */
function shownCurve({ curve, regression }: WerFinding): WerFinding["curve"] {
  if (curve === undefined || !regression.fitted || curve.x.at(-1)! <= HIGHEST) return curve;
  return logisticCurve(regression.fit, curve.x.map((_, i) => 1.03 * HIGHEST * i / (curve.x.length - 1)));
}

function meanRate({ points }: WerFinding, { from, to }: WerFinding["bins"][number]): number {
  const own = points.wer.filter((rate) => to === 0 ? rate === 0 : rate > from && rate <= (to ?? Infinity));
  return own.length === 0 ? from : own.reduce((sum, rate) => sum + rate, 0) / own.length;
}

function noFit(axes: string): PlotlyLayout {
  return {
    text: "no regression (see the caption)",
    xref: `x${axes} domain`,
    yref: `y${axes} domain`,
    x: 0.5,
    y: 0.5,
    showarrow: false,
    font: { size: FONT_SIZES.small, color: LIGHT.muted },
  };
}

function describeRegression({ normaliser, regression }: WerFinding): string {
  if (!regression.fitted) return ` ${TITLES[normaliser]}: no regression. ${regression.reason}`;
  const { p } = regression.fit.coefficients[1]!;
  const chance = p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
  return ` ${TITLES[normaliser]}: each 10 points of WER multiply the odds by ${
    regression.oddsRatioPer10Points.toFixed(2)
  } (${chance}).`;
}

function describeOutside(findings: readonly WerFinding[]): string {
  const described = findings.flatMap(({ normaliser, points }) => {
    const outside = points.wer.filter((rate) => rate > HIGHEST).length;
    return outside === 0 ? [] : [`${TITLES[normaliser]}: ${amount(outside, "recording")}`];
  });
  return described.length === 0 ? "" : ` Outside the figure, above ${100 * HIGHEST} %: ${described.join("; ")}.`;
}

function describeBins({ normaliser, bins }: WerFinding): string {
  const described = bins.map(({ from, to, count, recall }) => {
    const rates = to === 0 ? "no error" : to === null ? `above ${100 * from} %` : `${100 * from} to ${100 * to} %`;
    return `${rates} ${(100 * recall).toFixed(0)} % of ${count}`;
  });
  return `${TITLES[normaliser]}: ${described.join(", ")}.`;
}

const KINDS = [
  { kind: "substitutions", label: "replaced", colour: PALETTE.vermilion },
  { kind: "deletions", label: "missed", colour: PALETTE.blue },
  { kind: "insertions", label: "added", colour: PALETTE.sky },
] as const satisfies readonly { kind: keyof CorpusErrors; label: string; colour: string }[];

/** Stacked bars, one per split: errors in percent of the written words, with the 95 % interval of their sum. */
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
  const rates = splits.map(({ corpus: { wer, wer95 } }) => inPercent({ value: wer, interval: wer95 }));
  const intervals = {
    type: "scatter",
    mode: "markers",
    showlegend: false,
    y: names,
    x: rates.map(({ value }) => value),
    marker: { color: LIGHT.ink, size: 1 },
    error_x: errorBars(rates),
    hovertemplate: "%{y}: word error rate %{x:.1f} %<extra></extra>",
  };
  const described = rates.map((rate, i) => `${names[i]} ${figureText(rate)} %`);
  const counts = splits.map(({ recordings }, i) => `${names[i]}: ${recordings.length} recordings`);
  return {
    name: "word_errors",
    title: "Word errors of the recognizer",
    caption:
      `Errors in percent of the written words, by kind; lines are 95 % intervals of their sum by bootstrap over ` +
      `images. ${counts.join("; ")}.`,
    alt: `Stacked bars of word error rates: ${described.join("; ")}.`,
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
