/** Figures of panels in a grid, and the bars, heat maps and dots in them. */
import { errorBars, type Value } from "./captions.ts";
import {
  type Figure,
  type FigureColumns,
  figurePixels,
  PIXELS_PER_INCH,
  type PlotlyLayout,
  type PlotlyTrace,
} from "./figure.ts";
import { axis, BLUES, figureLayout, FONT_SIZES, guideLine, LIGHT, panelTitle } from "./style.ts";

export interface Panel {
  /** Shares of the plot area's width. */
  x: [number, number];
  /** Shares of the plot area's height, from below. */
  y: [number, number];
  /** Suffix of plotly's axes: `""`, `"2"`, `"3"`, ... */
  axes: string;
  row: number;
  column: number;
}

/** Traces need no axes; axes (made with {@link axis}) need no domain. */
export interface PanelContent {
  title?: string;
  data: PlotlyTrace[];
  xaxis: PlotlyLayout;
  yaxis: PlotlyLayout;
  annotations?: PlotlyLayout[];
  shapes?: PlotlyLayout[];
}

/** Lengths in CSS pixels. */
export interface PanelGrid {
  columns: FigureColumns;
  /** Default: 1. */
  rows?: number;
  /** Default: 1. */
  across?: number;
  panelHeight: number;
  margin: { left: number; right: number; top: number; bottom: number };
  /** Between panels. */
  gap?: { x: number; y: number };
  /** Default: `"none"`. */
  legend?: "top" | "none";
  /** Anything else of plotly's layout, such as `barmode`. */
  more?: PlotlyLayout;
}

/** A figure of equal panels, drawn row by row. A panel without content stays empty. */
export function panelFigure(
  texts: Pick<Figure, "name" | "title" | "caption" | "alt">,
  { columns, rows = 1, across = 1, panelHeight, margin, gap = { x: 0, y: 0 }, legend = "none", more = {} }: PanelGrid,
  draw: (panel: Panel) => PanelContent | undefined,
): Figure {
  const pixels = margin.top + margin.bottom + panelHeight * rows + gap.y * (rows - 1);
  const height = Math.round(100 * pixels / PIXELS_PER_INCH) / 100;
  const [width, tall] = figurePixels({ columns, height });
  const inner = { x: width - margin.left - margin.right, y: tall - margin.top - margin.bottom };
  const size = { x: (inner.x - gap.x * (across - 1)) / across, y: (inner.y - gap.y * (rows - 1)) / rows };
  const drawn: (PanelContent & Panel)[] = [];
  for (let i = 0; i < rows * across; i++) {
    const [row, column] = [Math.floor(i / across), i % across];
    const left = column * (size.x + gap.x), top = row * (size.y + gap.y);
    const panel: Panel = {
      x: [left / inner.x, Math.min(1, (left + size.x) / inner.x)],
      y: [Math.max(0, 1 - (top + size.y) / inner.y), 1 - top / inner.y],
      axes: drawn.length === 0 ? "" : String(drawn.length + 1),
      row,
      column,
    };
    const content = draw(panel);
    if (content !== undefined) drawn.push({ ...panel, ...content });
  }
  return {
    ...texts,
    columns,
    height,
    data: drawn.flatMap(({ axes, data }) => data.map((trace) => ({ ...trace, xaxis: `x${axes}`, yaxis: `y${axes}` }))),
    layout: figureLayout({
      columns,
      height,
      margin,
      legend,
      axes: Object.fromEntries(drawn.flatMap(({ axes, x, y, xaxis, yaxis }) => [
        [`xaxis${axes}`, { ...xaxis, domain: x, anchor: `y${axes}` }],
        [`yaxis${axes}`, { ...yaxis, domain: y, anchor: `x${axes}` }],
      ])),
      annotations: [
        ...drawn.flatMap(({ title, x, y }) => title === undefined ? [] : [panelTitle(title, x, y[1])]),
        ...drawn.flatMap(({ annotations = [] }) => annotations),
      ],
      shapes: drawn.flatMap(({ shapes = [] }) => shapes),
      more,
    }),
  };
}

/** Vertical bars with 95 % intervals; a bar without a value is missing. */
export function barTrace(
  { name, group, legend, x, values, marker, hover }: {
    name: string;
    group: string;
    legend: boolean;
    x: string[];
    values: (Value | undefined)[];
    marker: PlotlyLayout;
    hover: string;
  },
): PlotlyTrace {
  return {
    type: "bar",
    name,
    legendgroup: group,
    showlegend: legend,
    x,
    y: values.map((found) => found?.value ?? null),
    error_y: errorBars(values),
    marker: { line: { color: LIGHT.ink, width: 0.5 }, ...marker },
    hovertemplate: `${hover}<extra>${name}</extra>`,
  };
}

export function heatTrace(z: (number | null)[][], text: string[][]): PlotlyTrace {
  return {
    type: "heatmap",
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

/** Axes of a heat map: names below it, and at the left of the first in a row. */
export function heatAxes(
  { column }: Panel,
  names: { down: string[]; over: string[]; downTitle: string; overTitle: string; tickangle?: number },
): { xaxis: PlotlyLayout; yaxis: PlotlyLayout } {
  const { down, over, downTitle, overTitle, tickangle = 0 } = names;
  const named = (ticktext: string[]): PlotlyLayout => ({
    showline: false,
    ticks: "",
    ticklabelstandoff: 3,
    tickmode: "array",
    tickvals: ticktext.map((_, i) => i),
    ticktext,
  });
  return {
    xaxis: axis(overTitle, { ...named(over), range: [-0.5, over.length - 0.5], tickangle }),
    yaxis: axis(column === 0 ? downTitle : "", {
      ...named(down),
      range: [down.length - 0.5, -0.5],
      showticklabels: column === 0,
    }),
  };
}

/** An axis with a name for each row, the first at the top; shown at the left of the first panel. */
export function rowAxis(ticktext: string[], { column }: Panel): PlotlyLayout {
  return axis("", {
    range: [ticktext.length - 0.5, -0.5],
    tickmode: "array",
    tickvals: ticktext.map((_, row) => row),
    ticktext,
    showticklabels: column === 0,
    ticks: "",
    ticklabelstandoff: 4,
  });
}

/** The height that a row's name needs, in CSS pixels. */
export function rowHeight(names: readonly string[], least: number): number {
  return Math.max(least, ...names.map((name) => 4 + 13 * name.split("<br>").length));
}

/** One dot per row. */
export interface DotSeries {
  name: string;
  colour: string;
  symbol: "circle" | "diamond" | "square";
  /** By panel and row. */
  values: (Value | undefined)[][];
}

export interface DotParts {
  panels: string[];
  rows: string[];
  series: DotSeries[];
  measure: string;
  range: [number, number];
  tickvals?: number[];
  /** Position of a dashed line. */
  reference?: number;
  /** Rows with a line above them. */
  parted?: number[];
  /** A text at the right of each row, by panel and row. */
  notes?: (string | undefined)[][];
}

const MARGIN = { left: 12, right: 12, top: 38, bottom: 40 };

/** Rows of dots with 95 % intervals, a color and a symbol per series. */
export function dotFigure(texts: Pick<Figure, "name" | "title" | "caption" | "alt">, parts: DotParts): Figure {
  const { panels, rows, series, measure, range, tickvals, reference, parted = [], notes = [] } = parts;
  return panelFigure(texts, {
    columns: 2,
    across: panels.length,
    panelHeight: rowHeight(rows, Math.max(17, 6 + 7 * series.length)) * rows.length,
    margin: MARGIN,
    gap: { x: 16, y: 0 },
    legend: series.length > 1 ? "top" : "none",
  }, (panel) => ({
    title: panels[panel.column]!,
    data: series.map(({ name, colour, symbol, values }, s): PlotlyTrace => {
      const own = values[panel.column] ?? [];
      return {
        type: "scatter",
        mode: "markers",
        name,
        legendgroup: name,
        showlegend: panel.column === 0 && series.length > 1,
        x: rows.map((_, row) => own[row]?.value ?? null),
        y: rows.map((_, row) => row + (s - (series.length - 1) / 2) * 0.72 / Math.max(2, series.length)),
        error_x: errorBars(rows.map((_, row) => own[row]), { color: colour, width: 0, thickness: 1.3 }),
        marker: {
          color: colour,
          symbol: symbols(symbol, rows.map((_, row) => own[row])),
          size: 5.5,
          line: { color: LIGHT.ink, width: 0.5 },
        },
        hovertemplate: `%{x:.1f}<extra>${name}</extra>`,
      };
    }),
    xaxis: axis(measure, { range, showgrid: true, nticks: 7, ...(tickvals && { tickvals }) }),
    yaxis: rowAxis(rows, panel),
    annotations: (notes[panel.column] ?? []).flatMap((text, row) =>
      text === undefined ? [] : [rowNote(text, panel.axes, row)]
    ),
    shapes: [
      ...(reference === undefined
        ? []
        : [guideLine({ xref: `x${panel.axes}`, x0: reference, x1: reference, yref: "paper", y0: 0, y1: 1 })]),
      ...parted.map((row) => ({
        type: "line",
        layer: "below",
        line: { color: LIGHT.grid, width: 1 },
        xref: "paper",
        x0: panel.x[0],
        x1: panel.x[1],
        yref: `y${panel.axes}`,
        y0: row - 0.5,
        y1: row - 0.5,
      })),
    ],
  }));
}

/** A symbol for all values, or one for each if some are hollow. */
function symbols(symbol: string, values: readonly (Value | undefined)[]): string | string[] {
  return values.some((found) => found?.hollow)
    ? values.map((found) => found?.hollow ? `${symbol}-open` : symbol)
    : symbol;
}

function rowNote(text: string, axes: string, row: number): PlotlyLayout {
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
