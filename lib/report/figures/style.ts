/**
 * The one style of all figures: colours, fonts, sizes, axes, light and dark.
 *
 * @module
 */
import type { Variant } from "../../systems/variants.ts";
import { type Figure, type FigureColumns, figurePixels, type PlotlyLayout } from "./figure.ts";

/** The palette of Okabe and Ito, which stays distinct for the colour-blind. */
export const PALETTE = {
  orange: "#E69F00",
  sky: "#56B4E9",
  green: "#009E73",
  yellow: "#F0E442",
  blue: "#0072B2",
  vermilion: "#D55E00",
  purple: "#CC79A7",
  black: "#000000",
} as const;

/** The palette in the order in which unnamed things take colours. */
export const COLOURWAY: readonly string[] = [
  PALETTE.blue,
  PALETTE.orange,
  PALETTE.green,
  PALETTE.vermilion,
  PALETTE.sky,
  PALETTE.purple,
];

/** One colour a variant, in every figure. */
export const VARIANT_COLOURS: Readonly<Record<Variant, string>> = {
  "pip-zero-shot": PALETTE.sky,
  "pip-zero-shot-gt": PALETTE.blue,
  "pip": PALETTE.orange,
  "pip-gt": PALETTE.purple,
  "e2e": PALETTE.green,
  "full": PALETTE.vermilion,
};

/** What a variant is called in figures, where room is short; `(captions)`: it reads written captions. */
export const VARIANT_LABELS: Readonly<Record<Variant, string>> = {
  "pip-zero-shot": "Zero-shot",
  "pip-zero-shot-gt": "Zero-shot (captions)",
  "pip": "PIP-only",
  "pip-gt": "PIP-only (captions)",
  "e2e": "E2E-only",
  "full": "BrewCLIP",
};

/** Colours that are not data: those of paper by day and of a screen by night. */
export interface Ground {
  paper: string;
  ink: string;
  muted: string;
  grid: string;
}

/** Light: for paper. */
export const LIGHT: Readonly<Ground> = { paper: "#ffffff", ink: "#1c1c1e", muted: "#5f6368", grid: "#e3e5e8" };

/** Dark: for screens at night. */
export const DARK: Readonly<Ground> = { paper: "#16181d", ink: "#e9eaec", muted: "#a9adb5", grid: "#363b44" };

/** The names of the colours that are not data. */
export const GROUND_NAMES = Object.keys(LIGHT) as (keyof Ground)[];

/** Each colour of a light figure with that of a dark one. */
export const DARKER: ReadonlyMap<string, string> = new Map(GROUND_NAMES.map((name) => [LIGHT[name], DARK[name]]));

/** Colours that are not data as variables of a page: `--figure-ink: #1c1c1e; ...` */
export function figureColours(ground: Readonly<Ground>): string {
  return GROUND_NAMES.map((name) => `--figure-${name}: ${ground[name]};`).join(" ");
}

/** Anchors of a scale from white to dark blue, whose lightness falls evenly: heat maps of shares. */
export const BLUES: readonly (readonly [number, string])[] = [
  [0, "#f7fbff"],
  [0.25, "#c6dbef"],
  [0.5, "#6baed6"],
  [0.75, "#2171b5"],
  [1, "#08306b"],
];

/** CSS pixels of a point, the measure of letters. */
const POINT = 4 / 3;

/** Sizes of letters in CSS pixels: 7, 8 and 9 points on paper. */
export const FONT_SIZES = { small: 7 * POINT, normal: 8 * POINT, large: 9 * POINT } as const;

/** Fonts that every system has one of, and of about the same width. */
export const FONT_FAMILY = "Arial, Helvetica, Liberation Sans, sans-serif";

/** What a figure adds to the style. */
export interface LayoutParts {
  columns: FigureColumns;
  /** In inches. */
  height: number;
  /** Axes by their names (`xaxis`, `yaxis2`, ...), made with {@link axis}. */
  axes: Record<string, PlotlyLayout>;
  /** Pixels from each side that stay free for labels; axes with `automargin` take more where they need it. */
  margin?: { left?: number; right?: number; top?: number; bottom?: number };
  /** Where the legend stands: above the panels, or not at all. Default: `"none"`. */
  legend?: "top" | "none";
  /** Texts in the figure; see {@link panelTitle}. */
  annotations?: PlotlyLayout[];
  shapes?: PlotlyLayout[];
  /** Anything else of plotly's layout, such as `images` or `barmode`. */
  more?: PlotlyLayout;
}

/** A layout in the one style. */
export function figureLayout(parts: LayoutParts): PlotlyLayout {
  const { columns, height, axes, margin = {}, legend = "none", annotations = [], shapes = [], more = {} } = parts;
  const [width, pixels] = figurePixels({ columns, height });
  const { left = 8, right = 8, top = 8, bottom = 8 } = margin;
  return {
    width,
    height: pixels,
    autosize: false,
    font: { family: FONT_FAMILY, size: FONT_SIZES.small, color: LIGHT.ink },
    paper_bgcolor: LIGHT.paper,
    plot_bgcolor: LIGHT.paper,
    colorway: COLOURWAY,
    margin: { l: left, r: right, t: top, b: bottom, pad: 0 },
    hovermode: "closest",
    hoverlabel: { font: { family: FONT_FAMILY, size: FONT_SIZES.normal } },
    showlegend: legend !== "none",
    ...(legend === "none" ? {} : { legend: LEGEND }),
    ...axes,
    annotations,
    shapes,
    ...more,
  };
}

const LEGEND: PlotlyLayout = {
  orientation: "h",
  xref: "container",
  x: 0.5,
  xanchor: "center",
  yref: "container",
  y: 1,
  yanchor: "top",
  font: { size: FONT_SIZES.small, color: LIGHT.ink },
  bgcolor: "rgba(0,0,0,0)",
  itemsizing: "trace",
  tracegroupgap: 0,
  maxheight: 1,
};

/**
 * An axis in the one style.
 *
 * @param title what it measures, with its unit; `""` for names that need none
 * @param more further fields of plotly's axis, such as `range`, `domain` or `tickvals`
 */
export function axis(title: string, more: PlotlyLayout = {}): PlotlyLayout {
  return {
    ...(title === ""
      ? {}
      : { title: { text: title, standoff: 6, font: { size: FONT_SIZES.normal, color: LIGHT.ink } } }),
    tickfont: { size: FONT_SIZES.small, color: LIGHT.ink },
    automargin: true,
    showline: true,
    linecolor: LIGHT.ink,
    linewidth: 0.75,
    ticks: "outside",
    ticklen: 3,
    tickwidth: 0.75,
    tickcolor: LIGHT.ink,
    showgrid: false,
    gridcolor: LIGHT.grid,
    gridwidth: 0.75,
    zeroline: false,
    ...more,
  };
}

/** A thin line that is not data, such as that of chance: dashed, above the grid and below the data. */
export function guideLine(place: PlotlyLayout): PlotlyLayout {
  return { type: "line", layer: "between", line: { color: LIGHT.muted, width: 1, dash: "4px,3px" }, ...place };
}

/** A title above a panel, in the middle of a part of the figure's width. */
export function panelTitle(text: string, domain: readonly [number, number], y = 1): PlotlyLayout {
  return {
    text: `<b>${text}</b>`,
    xref: "paper",
    x: (domain[0] + domain[1]) / 2,
    xanchor: "center",
    yref: "paper",
    y,
    yanchor: "bottom",
    yshift: 2,
    showarrow: false,
    font: { size: FONT_SIZES.normal, color: LIGHT.ink },
  };
}

/**
 * The same figure for a dark page: every colour of {@link LIGHT} becomes that of {@link DARK}; colours of data stay.
 *
 * @example
 * ```ts
 * import { darkFigure, figureLayout } from "./style.ts";
 * const layout = figureLayout({ columns: 1, height: 2, axes: {} });
 * const figure = { name: "a", title: "", caption: "", alt: "", columns: 1 as const, height: 2, data: [], layout };
 * if (darkFigure(figure).layout.paper_bgcolor === layout.paper_bgcolor) throw new Error("expected another ground");
 * ```
 */
export function darkFigure(figure: Figure): Figure {
  return {
    ...figure,
    data: figure.data.map((trace) => darkened(trace) as Figure["data"][number]),
    layout: darkened(figure.layout) as PlotlyLayout,
  };
}

function darkened(value: unknown): unknown {
  if (typeof value === "string") return DARKER.get(value) ?? value;
  if (Array.isArray(value)) return value.map(darkened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, darkened(part)]));
}
