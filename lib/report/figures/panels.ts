/**
 * Panels in a grid, with heat maps or with dots and intervals in them.
 *
 * @module
 */
import { errorBars, type Value } from "./captions.ts";
import { type FigureColumns, figurePixels, type PlotlyLayout, type PlotlyTrace } from "./figure.ts";
import { axis, BLUES, figureLayout, FONT_SIZES, guideLine, LIGHT, panelTitle } from "./style.ts";

/** A part of the plot area: shares of its width and its height. */
export interface Panel {
  x: [number, number];
  y: [number, number];
  /** What plotly calls its axes: `""`, `"2"`, `"3"`, ... */
  axes: string;
  /** Row, from the top. */
  row: number;
  /** Column, from the left. */
  column: number;
}

/** What panels are laid out in. */
export interface GridSize {
  columns: FigureColumns;
  /** Height of the figure in inches. */
  height: number;
  rows: number;
  across: number;
  /** CSS pixels around all panels. */
  margin: { left: number; right: number; top: number; bottom: number };
  /** CSS pixels between panels. */
  gap: { x: number; y: number };
}

/** Equal panels in rows, the first at the top left. */
export function panelGrid({ columns, height, rows, across, margin, gap }: GridSize): Panel[] {
  const [width, tall] = figurePixels({ columns, height });
  const inner = { x: width - margin.left - margin.right, y: tall - margin.top - margin.bottom };
  const size = { x: (inner.x - gap.x * (across - 1)) / across, y: (inner.y - gap.y * (rows - 1)) / rows };
  return Array.from({ length: rows * across }, (_, i) => {
    const [row, column] = [Math.floor(i / across), i % across];
    const left = column * (size.x + gap.x), top = row * (size.y + gap.y);
    return {
      x: [left / inner.x, clip((left + size.x) / inner.x)],
      y: [clip(1 - (top + size.y) / inner.y), 1 - top / inner.y],
      axes: i === 0 ? "" : String(i + 1),
      row,
      column,
    };
  });
}

function clip(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** A heat map from 0 to 100 with a text in each cell. */
export function heatTrace(
  { axes, z, text }: { axes: string; z: (number | null)[][]; text: string[][] },
): PlotlyTrace {
  return {
    type: "heatmap",
    xaxis: `x${axes}`,
    yaxis: `y${axes}`,
    z,
    text,
    texttemplate: "%{text}",
    textfont: { size: FONT_SIZES.small },
    zmin: 0,
    zmax: 100,
    colorscale: BLUES,
    showscale: false,
    xgap: 1,
    ygap: 1,
    hovertemplate: "%{z:.1f} %<extra></extra>",
  };
}

/** Axes of a heat map: names below, and at the left of the first of a row. */
export function heatAxes(
  { axes, x, y }: Panel,
  names: { down: string[]; over: string[]; downTitle: string; overTitle: string; first: boolean; tickangle?: number },
): Record<string, PlotlyLayout> {
  const { down, over, downTitle, overTitle, first, tickangle = 0 } = names;
  const bare = { showline: false, ticks: "", tickmode: "array", ticklabelstandoff: 3 };
  return {
    [`xaxis${axes}`]: axis(overTitle, {
      ...bare,
      domain: x,
      anchor: `y${axes}`,
      range: [-0.5, over.length - 0.5],
      tickvals: over.map((_, i) => i),
      ticktext: over,
      tickangle,
    }),
    [`yaxis${axes}`]: axis(first ? downTitle : "", {
      ...bare,
      domain: y,
      anchor: `x${axes}`,
      range: [down.length - 0.5, -0.5],
      tickvals: down.map((_, i) => i),
      ticktext: down,
      showticklabels: first,
    }),
  };
}

/** Things of one kind: one dot a row. */
export interface DotSeries {
  name: string;
  colour: string;
  symbol: "circle" | "diamond" | "square" | "triangle-up";
  values: (Value | undefined)[][];
}

/** What is drawn. */
export interface DotParts {
  panels: string[];
  rows: string[];
  series: DotSeries[];
  measure: string;
  range: [number, number];
  reference?: number;
  parted?: number[];
  /** Columns of a paper. Default: 2. */
  columns?: FigureColumns;
}

const MARGIN = { left: 12, right: 12, top: 38, bottom: 40 };

/** Traces, layout and height in inches. */
export function dotPanels(parts: DotParts): { data: PlotlyTrace[]; layout: PlotlyLayout; height: number } {
  const { panels, rows, series, measure, range, reference, parted = [], columns = 2 } = parts;
  const rowHeight = Math.max(17, 6 + 7 * series.length, ...rows.map((row) => 4 + 13 * row.split("<br>").length));
  const height = Math.round(100 * (MARGIN.top + MARGIN.bottom + rowHeight * rows.length) / 96) / 100;
  const places = panelGrid({ columns, height, rows: 1, across: panels.length, margin: MARGIN, gap: { x: 16, y: 0 } });
  const data = places.flatMap(({ axes }, panel) =>
    series.map(({ name, colour, symbol, values }, s): PlotlyTrace => {
      const own = values[panel] ?? [];
      return {
        type: "scatter",
        mode: "markers",
        name,
        legendgroup: name,
        showlegend: panel === 0 && series.length > 1,
        xaxis: `x${axes}`,
        yaxis: `y${axes}`,
        x: rows.map((_, row) => own[row]?.value ?? null),
        y: rows.map((_, row) => row + (s - (series.length - 1) / 2) * 0.72 / Math.max(2, series.length)),
        error_x: errorBars(rows.map((_, row) => own[row]), { color: colour, width: 0, thickness: 1.3 }),
        marker: { color: colour, symbol, size: 5.5, line: { color: LIGHT.ink, width: 0.5 } },
        hovertemplate: `%{x:.1f}<extra>${name}</extra>`,
      };
    })
  );
  const axes = Object.fromEntries(places.flatMap(({ axes, x, y, column }) => [
    [`xaxis${axes}`, axis(measure, { domain: x, anchor: `y${axes}`, range, showgrid: true, nticks: 7 })],
    [
      `yaxis${axes}`,
      axis("", {
        domain: y,
        anchor: `x${axes}`,
        range: [rows.length - 0.5, -0.5],
        tickmode: "array",
        tickvals: rows.map((_, row) => row),
        ticktext: rows,
        showticklabels: column === 0,
        ticks: "",
        ticklabelstandoff: 4,
      }),
    ],
  ]));
  const layout = figureLayout({
    columns,
    height,
    margin: MARGIN,
    legend: series.length > 1 ? "top" : "none",
    axes,
    annotations: places.map(({ x }, panel) => panelTitle(panels[panel]!, x)),
    shapes: places.flatMap(({ axes, x }) => [
      ...(reference === undefined
        ? []
        : [guideLine({ xref: `x${axes}`, x0: reference, x1: reference, yref: "paper", y0: 0, y1: 1 })]),
      ...parted.map((row) => ({
        type: "line",
        layer: "below",
        line: { color: LIGHT.grid, width: 1 },
        xref: "paper",
        x0: x[0],
        x1: x[1],
        yref: `y${axes}`,
        y0: row - 0.5,
        y1: row - 0.5,
      })),
    ]),
  });
  return { data, layout, height };
}

/** A text right of a row's dots, such as a difference. */
export function rowNote(text: string, axes: string, row: number): PlotlyLayout {
  return {
    text,
    xref: `x${axes} domain`,
    x: 1,
    xanchor: "right",
    yref: `y${axes}`,
    y: row,
    yanchor: "middle",
    xshift: -2,
    showarrow: false,
    font: { size: FONT_SIZES.small, color: LIGHT.muted },
  };
}
