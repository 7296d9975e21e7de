/** The style of all figures: colors, fonts, sizes, axes, light and dark. */
import type { BrewClipVariant, Variant } from "../../systems/variants.ts";
import { type FigureColumns, figurePixels, type PlotlyLayout } from "./figure.ts";

/** The palette of Okabe and Ito, which color-blind readers can distinguish. */
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

/** In the order in which series without a color of their own get one. */
export const COLOURWAY: readonly string[] = [
  PALETTE.blue,
  PALETTE.orange,
  PALETTE.green,
  PALETTE.vermilion,
  PALETTE.sky,
  PALETTE.purple,
];

/** The same in every figure. Other systems than BrewCLIP have the colors of {@link COLOURWAY}, and a pattern in bars. */
export const VARIANT_COLOURS: Readonly<Record<BrewClipVariant, string>> = {
  "pip-zero-shot": PALETTE.sky,
  "pip-zero-shot-gt": PALETTE.blue,
  "pip": PALETTE.orange,
  "pip-gt": PALETTE.purple,
  "e2e": PALETTE.green,
  "full": PALETTE.vermilion,
};

/** `(captions)` marks a variant that reads written captions. */
export const VARIANT_LABELS: Readonly<Record<Variant, string>> = {
  "pip-zero-shot": "Zero-shot",
  "pip-zero-shot-gt": "Zero-shot (captions)",
  "pip": "PIP-only",
  "pip-gt": "PIP-only (captions)",
  "e2e": "E2E-only",
  "full": "BrewCLIP",
  "speechclip-p": "SpeechCLIP-P (our frame)",
  "speechclip-c": "SpeechCLIP-C (our frame)",
  "speechclip-h": "SpeechCLIP-H, keywords (our frame)",
  "speechclip-h-parallel": "SpeechCLIP-H, class token (our frame)",
  "fast-vgs-co": "FaST-VGS-co (our frame)",
  "fast-vgs-ctf": "FaST-VGS-ctf (our frame)",
  "resdavenet": "ResDAVEnet (our frame)",
  "milan": "MILAN (our frame)",
};

/** Colors that are not data. */
export interface Ground {
  paper: string;
  ink: string;
  muted: string;
  grid: string;
}

/** For paper and light screens. */
export const LIGHT: Readonly<Ground> = { paper: "#ffffff", ink: "#1c1c1e", muted: "#5f6368", grid: "#e3e5e8" };

/** For dark screens. */
export const DARK: Readonly<Ground> = { paper: "#16181d", ink: "#e9eaec", muted: "#a9adb5", grid: "#363b44" };

export const GROUND_NAMES = Object.keys(LIGHT) as (keyof Ground)[];

export const DARKER: ReadonlyMap<string, string> = new Map(GROUND_NAMES.map((name) => [LIGHT[name], DARK[name]]));

/** As variables of a page: `--figure-ink: #1c1c1e; ...` */
export function figureColours(ground: Readonly<Ground>): string {
  return GROUND_NAMES.map((name) => `--figure-${name}: ${ground[name]};`).join(" ");
}

/** From white to dark blue with evenly falling lightness, for heat maps of shares. */
export const BLUES: readonly (readonly [number, string])[] = [
  [0, "#f7fbff"],
  [0.25, "#c6dbef"],
  [0.5, "#6baed6"],
  [0.75, "#2171b5"],
  [1, "#08306b"],
];

/** CSS pixels per point. */
const POINT = 4 / 3;

/** 7, 8 and 9 points on paper, in CSS pixels. */
export const FONT_SIZES = { small: 7 * POINT, normal: 8 * POINT, large: 9 * POINT } as const;

/** Every system has one of these, and they have similar widths. */
export const FONT_FAMILY = "Arial, Helvetica, Liberation Sans, sans-serif";

export interface LayoutParts {
  columns: FigureColumns;
  /** In inches. */
  height: number;
  /** By name (`xaxis`, `yaxis2`, ...), made with {@link axis}. */
  axes: Record<string, PlotlyLayout>;
  /** Free pixels on each side; axes with `automargin` take more if they need it. */
  margin?: { left?: number; right?: number; top?: number; bottom?: number };
  /** Default: `"none"`. */
  legend?: "top" | "none";
  annotations?: PlotlyLayout[];
  shapes?: PlotlyLayout[];
  more?: PlotlyLayout;
}

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
 * @param title what it measures, with its unit; `""` for names that need none
 * @param more further fields of plotly's axis, such as `range` or `tickvals`
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

/** A dashed line that is not data, such as chance: above the grid, below the data. */
export function guideLine(place: PlotlyLayout): PlotlyLayout {
  return { type: "line", layer: "between", line: { color: LIGHT.muted, width: 1, dash: "4px,3px" }, ...place };
}

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

/** How plotly behaves in pages and notebooks. */
export const PLOTLY_CONFIG = {
  displaylogo: false,
  displayModeBar: "hover",
  modeBarButtonsToRemove: ["select2d", "lasso2d"],
  toImageButtonOptions: { format: "svg" },
};
