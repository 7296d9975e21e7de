/** What sound adds to the words, by the word error rate of the recording. */
import { rowsOf, type TrialResult } from "../../experiments/results.ts";
import { gainByWer, type WerGain } from "../../experiments/wer_gain.ts";
import { differenceText } from "../tables/report_table.ts";
import { amount, describeChance, describeQueries, describeSeeds, errorBars, signed } from "./captions.ts";
import { modelName } from "./differences.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { panelFigure } from "./panels.ts";
import { axis, guideLine, LIGHT, PALETTE } from "./style.ts";

/** The two models whose difference is the acoustic branch. */
const [FULL, PIP] = ["full", "pip"] as const;
const SHOWN = [1, 5] as const;
const BAND = "rgba(0, 114, 178, 0.22)";

/**
 * What the full model gains over PIP-only by the word error rate, for R@1 and R@5 on the first test split of `compare`; none
 * without both models, or without written captions.
 */
export function soundGains({ tests: [queries], rows }: TrialResult): WerGain[] {
  if (queries?.wer === undefined) return [];
  const [full, pip] = [FULL, PIP].map((name) => rowsOf(rows, name, queries.test));
  if (full!.length === 0 || full!.length !== pip!.length) return [];
  return SHOWN.flatMap((k) => gainByWer(full!, pip!, queries.wer!, k) ?? []);
}

/** `"+0.9 points [0.1, 1.7] with each 10 points of word error rate, p 0.021"`. */
export function slopeText({ slope: { difference, interval, p } }: WerGain): string {
  return `${differenceText({ value: difference, interval, p })} with each 10 points of word error rate`;
}

/**
 * The paired difference of recall between the full model and PIP-only over the word error rate: the local mean with its band, and
 * means in bins, from `compare` (paper, section 5).
 *
 * @throws {RangeError} if {@link soundGains} has none.
 */
export function werGainFigure(result: TrialResult): Figure {
  const gains = soundGains(result);
  if (gains.length === 0) throw new RangeError("Cannot draw gains by word error rate as no rates differ");
  const rows = result.rows.filter(({ name }) => name === FULL || name === PIP);
  const ends = gains.flatMap(({ bins, curve }) => [
    ...curve.low95,
    ...curve.high95,
    ...bins.flatMap(({ interval, count }) => count < 10 ? [] : interval),
  ]).filter(Number.isFinite);
  const range = [Math.min(-1, ...ends) * 1.08, Math.max(1, ...ends) * 1.08];
  const described = gains.map(({ k, bins }) =>
    `R@${k}: ${
      bins.map(({ points, to, from }) =>
        `${signed(points)} ${to === null ? `above ${100 * from}` : `up to ${100 * to}`} %`
      )
        .join(", ")
    }`
  );
  return panelFigure({
    name: "wer_gain",
    title: "What sound adds, by word error rate",
    caption:
      `Recall of ${modelName(FULL)} minus that of ${
        modelName(PIP)
      } on the same recordings, speech to image, in points, ` +
      `against the word error rate of the recording (rates above 100 % count as 100 %). ${
        describeQueries(result.tests.slice(0, 1))
      } ${amount(gains[0]!.recordings, "recording")} have a written caption. ${
        describeSeeds(rows.map(({ seed }) => seed))
      } Line and band: local mean (Gaussian weights, deviation ${
        (100 * gains[0]!.bandwidth).toFixed(1)
      } points of word error rate) with its 95 % interval at each rate; dots: means in bins. Intervals are over images, each ` +
      `with all of its recordings, and seeds. ${
        gains.map((gain) => `R@${gain.k}: ${slopeText(gain)} by least squares.`).join(" ")
      }${describeChance(rows)}`,
    alt: `Curves with bands and dots. Gain in points, by word error rate. ${described.join("; ")}.`,
  }, {
    columns: 2,
    across: gains.length,
    panelHeight: 165,
    margin: { left: 46, right: 10, top: 40, bottom: 40 },
    gap: { x: 30, y: 0 },
    legend: "top",
  }, ({ column, axes, x }) => {
    const gain = gains[column]!;
    return {
      title: `R@${gain.k}`,
      data: traces(gain, column === 0),
      xaxis: axis("Word error rate (%)", { range: [-3, 103], nticks: 7 }),
      yaxis: axis(column === 0 ? "Gain (points)" : "", { range, showgrid: true }),
      shapes: [guideLine({ xref: "paper", x0: x[0], x1: x[1], yref: `y${axes}`, y0: 0, y1: 0, layer: "below" })],
    };
  });
}

function traces({ bins, curve }: WerGain, legend: boolean): PlotlyTrace[] {
  const rates = curve.wer.map((rate) => 100 * rate);
  const line = { type: "scatter", mode: "lines", showlegend: legend };
  return [
    {
      ...line,
      name: "95 % band",
      legendgroup: "band",
      x: [...rates, ...rates.toReversed()],
      y: [...curve.high95, ...curve.low95.toReversed()],
      fill: "toself",
      fillcolor: BAND,
      line: { width: 0, simplify: false },
      hoverinfo: "skip",
    },
    {
      ...line,
      name: "local mean",
      legendgroup: "mean",
      x: rates,
      y: curve.points,
      line: { color: PALETTE.blue, width: 1.75, simplify: false },
      hovertemplate: "WER %{x:.0f} %: %{y:.1f} points<extra></extra>",
    },
    {
      type: "scatter",
      mode: "markers",
      name: "mean in bins",
      legendgroup: "bins",
      showlegend: legend,
      x: bins.map(({ meanWer }) => 100 * meanWer),
      y: bins.map(({ points }) => points),
      error_y: errorBars(bins.map(({ points, interval }) => ({ value: points, interval }))),
      marker: { color: PALETTE.orange, size: 6, line: { color: LIGHT.ink, width: 0.6 } },
      customdata: bins.map(({ count }) => count),
      hovertemplate: "%{y:.1f} points, %{customdata} recordings<extra></extra>",
    },
  ];
}
