/** Diagrams of boxes and arrows. */
import type { Figure, PlotlyLayout } from "./figure.ts";
import { figureLayout, FONT_SIZES, LIGHT, PALETTE } from "./style.ts";

/** Kinds of boxes. The colors are visible on paper and on a dark screen. */
export const KINDS = {
  frozen: { colour: PALETTE.blue, fill: "rgba(0,114,178,0.12)", label: "frozen" },
  trained: { colour: PALETTE.orange, fill: "rgba(230,159,0,0.20)", label: "trained" },
  data: { colour: LIGHT.muted, fill: "rgba(127,127,127,0.06)", label: "data and features" },
  loss: { colour: PALETTE.purple, fill: "rgba(204,121,167,0.18)", label: "loss" },
} as const;

export type Kind = keyof typeof KINDS;
export type Box = [
  kind: Kind,
  left: number,
  top: number,
  width: number,
  height: number,
  title: string,
  ...lines: string[],
];
export type Arrow = { colour?: string; points: [x: number, y: number][] };

/** A diagram. */
export interface Diagram {
  /** Size of the coordinates of boxes and arrows; y points down. */
  width: number;
  height: number;
  /** Height on paper. */
  inches: number;
  boxes: readonly Box[];
  arrows: readonly Arrow[];
  /** More shapes and texts. Default none. */
  shapes?: PlotlyLayout[];
  annotations?: PlotlyLayout[];
}

/** Draws a diagram over two columns. */
export function diagram(
  { width, height, inches, boxes, arrows, shapes = [], annotations = [] }: Diagram,
): Pick<Figure, "columns" | "height" | "data" | "layout"> {
  return {
    columns: 2,
    height: inches,
    data: [{
      type: "scatter",
      mode: "markers",
      x: [width / 2],
      y: [height / 2],
      marker: { opacity: 0 },
      hoverinfo: "skip",
    }],
    layout: figureLayout({
      columns: 2,
      height: inches,
      margin: { left: 4, right: 4, top: 4, bottom: 4 },
      axes: {
        xaxis: { visible: false, range: [0, width], fixedrange: true },
        yaxis: { visible: false, range: [height, 0], fixedrange: true },
      },
      shapes: [...arrows.flatMap(lineOf), ...boxes.map(frameOf), ...shapes],
      annotations: [...arrows.map(headOf), ...boxes.flatMap(textOf), ...annotations],
    }),
  };
}

/** All segments of an arrow but the last. */
function lineOf({ points, colour = LIGHT.muted }: Arrow): PlotlyLayout[] {
  return points.slice(1, -1).map(([x1, y1], i) => {
    const [x0, y0] = points[i]!;
    return {
      type: "line",
      layer: "below",
      xref: "x",
      yref: "y",
      x0,
      y0,
      x1,
      y1,
      line: { color: colour, width: 1.1 },
    };
  });
}

/** The last segment, with the head. */
function headOf({ points, colour = LIGHT.muted }: Arrow): PlotlyLayout {
  const [[ax, ay], [x, y]] = points.slice(-2) as [[number, number], [number, number]];
  const refs = { xref: "x", yref: "y", axref: "x", ayref: "y" };
  return {
    text: "",
    ...refs,
    x,
    y,
    ax,
    ay,
    showarrow: true,
    arrowhead: 2,
    arrowsize: 0.9,
    arrowwidth: 1.1,
    standoff: 0,
    arrowcolor: colour,
  };
}

/** The frame of a box. */
export function frameOf([kind, x0, y0, width, height]: Box): PlotlyLayout {
  const { colour, fill } = KINDS[kind];
  const line = { color: colour, width: 1.1 };
  return {
    type: "rect",
    layer: "below",
    xref: "x",
    yref: "y",
    x0,
    y0,
    x1: x0 + width,
    y1: y0 + height,
    fillcolor: fill,
    line,
  };
}

function textOf([, left, top, width, height, title, ...lines]: Box): PlotlyLayout[] {
  const step = 21, first = top + height / 2 - lines.length * step / 2;
  return [`<b>${title}</b>`, ...lines].map((text, i) => label(text, left + width / 2, first + i * step, i === 0));
}

/** A text. */
export function label(text: string, x: number, y: number, large = false, xanchor = "center"): PlotlyLayout {
  const font = { size: large ? FONT_SIZES.normal : FONT_SIZES.small, color: LIGHT.ink };
  return { text, xref: "x", yref: "y", x, y, xanchor, yanchor: "middle", showarrow: false, font };
}
