/**
 * Moods recognised, beside baselines.
 *
 * @module
 */
import type { SerResult, SerRow, SerSettings } from "../../experiments/ser/ser_results.ts";
import type { ExperimentParts, Figure, PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { panelGrid } from "./grid.ts";
import { LIGHT, PALETTE, VARIANT_COLOURS } from "./palette.ts";
import { groupedRows, PROTOCOLS, type SerGroup, serTold, systemName } from "./ser_rows.ts";
import { axis, figureLayout, FONT_SIZES, guideLine, panelTitle } from "./style.ts";
import { errorBars, inPercent, meanValue, type Value, wrapped } from "./values.ts";

const MARGIN = { left: 12, right: 12, top: 40, bottom: 40 };

/**
 * Accuracy of every system as bars, unweighted average recall as diamonds, with intervals; a panel a protocol, from `ser`
 * (paper, Table 3).
 *
 * @throws {RangeError} where there are no rows.
 */
export function serBarsFigure({ settings, result }: ExperimentParts<SerSettings, SerResult>): Figure {
  const groups = groupedRows(result);
  if (groups.length === 0) throw new RangeError("Cannot draw moods as the result has no rows");
  const protocols = [...new Set(groups.map(({ protocol }) => protocol))];
  const names = [...new Set(groups.map((group) => systemName(group, settings)))];
  const chance = 100 / result.classes.length;
  const labels = names.map((name) => wrapped(name, 26));
  const rowHeight = Math.max(24, ...labels.map((label) => 4 + 13 * label.split("<br>").length));
  const height = Math.round(100 * (MARGIN.top + MARGIN.bottom + rowHeight * names.length) / 96) / 100;
  const places = panelGrid({
    columns: 2,
    height,
    rows: 1,
    across: protocols.length,
    margin: MARGIN,
    gap: { x: 36, y: 0 },
  });
  const of = (protocol: SerRow["protocol"]) =>
    names.map((name) => groups.find((group) => group.protocol === protocol && systemName(group, settings) === name));
  const told = groups.map((group) =>
    `${systemName(group, settings)} (${PROTOCOLS[group.protocol].toLowerCase()}) ${
      measured(group, "accuracy")!.value.toFixed(1)
    }`
  );
  const several = groups.some(({ rows }) => rows.length > 1);
  return {
    name: "ser_bars",
    title: "The mood of speech, beside baselines",
    caption: `${serTold({ settings, result }, groups)} Intervals: 95 %, by bootstrap over speakers${
      several ? "; over several seeds the mean of values and of intervals" : ""
    }. Dashed: a guess, ${chance.toFixed(0)} % of unweighted average recall.`,
    alt: `Bars of accuracy in percent: ${told.join("; ")}.`,
    columns: 2,
    height,
    data: places.flatMap(({ axes }, panel) => {
      const own = of(protocols[panel]!);
      return [accuracyTrace(own, axes, settings, panel === 0), averageTrace(own, axes, panel === 0)];
    }),
    layout: figureLayout({
      columns: 2,
      height,
      margin: MARGIN,
      legend: "top",
      axes: Object.fromEntries(places.flatMap(({ axes, x, y, column }) => [
        [
          `xaxis${axes}`,
          axis("Percent", { domain: x, anchor: `y${axes}`, range: [0, 100], dtick: 25, showgrid: true }),
        ],
        [
          `yaxis${axes}`,
          axis("", {
            domain: y,
            anchor: `x${axes}`,
            range: [names.length - 0.5, -0.5],
            tickmode: "array",
            tickvals: names.map((_, i) => i),
            ticktext: labels,
            showticklabels: column === 0,
            ticks: "",
            ticklabelstandoff: 4,
          }),
        ],
      ])),
      annotations: places.flatMap(({ x, axes }, panel) => [
        panelTitle(PROTOCOLS[protocols[panel]!], x),
        ...of(protocols[panel]!).flatMap((group, row) => group === undefined ? [notRun(axes, row)] : []),
      ]),
      shapes: places.map(({ axes }) =>
        guideLine({ xref: `x${axes}`, x0: chance, x1: chance, yref: "paper", y0: 0, y1: 1, layer: "above" })
      ),
      more: { bargap: 0.3, barmode: "overlay" },
    }),
  };
}

/** Said in a row without a bar. */
function notRun(axes: string, row: number): PlotlyLayout {
  const font = { size: FONT_SIZES.small, color: LIGHT.muted };
  const place = { xref: `x${axes}`, x: 0, xanchor: "left", xshift: 4, yref: `y${axes}`, y: row, yanchor: "middle" };
  return { text: "not run", ...place, showarrow: false, font };
}

function measured(group: SerGroup | undefined, of: "accuracy" | "unweightedAverageRecall"): Value | undefined {
  return meanValue((group?.rows ?? []).map((row) => inPercent(row[of])));
}

function accuracyTrace(
  groups: readonly (SerGroup | undefined)[],
  axes: string,
  settings: SerSettings,
  legend: boolean,
): PlotlyTrace {
  const values = groups.map((group) => measured(group, "accuracy"));
  return {
    type: "bar",
    orientation: "h",
    name: "Accuracy",
    legendgroup: "accuracy",
    showlegend: legend,
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    x: values.map((found) => found?.value ?? null),
    y: groups.map((_, i) => i),
    error_x: errorBars(values),
    marker: { color: groups.map((group) => colourOf(group, settings)), line: { color: LIGHT.ink, width: 0.5 } },
    hovertemplate: "accuracy %{x:.1f} %<extra></extra>",
  };
}

function averageTrace(groups: readonly (SerGroup | undefined)[], axes: string, legend: boolean): PlotlyTrace {
  return {
    type: "scatter",
    mode: "markers",
    name: "Unweighted average recall",
    legendgroup: "average",
    showlegend: legend,
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    x: groups.map((group) => measured(group, "unweightedAverageRecall")?.value ?? null),
    y: groups.map((_, i) => i - 0.2),
    marker: { symbol: "diamond", size: 6, color: LIGHT.paper, line: { color: LIGHT.ink, width: 1 } },
    hovertemplate: "unweighted average recall %{x:.1f} %<extra></extra>",
  };
}

/** The encoder's variant's colour; baselines have their own. */
function colourOf(group: SerGroup | undefined, { encoders }: SerSettings): string {
  const found = encoders.find(({ name }) => name === group?.encoder);
  if (found !== undefined) return VARIANT_COLOURS[found.config.variant];
  return group?.system === "log-mel" ? PALETTE.purple : LIGHT.grid;
}
