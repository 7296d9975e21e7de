/** A figure as plain data: what plotly draws, and the text that describes it. */

/** A trace as plotly takes it. */
export type PlotlyTrace = Record<string, unknown>;

/** A layout as plotly takes it. */
export type PlotlyLayout = Record<string, unknown>;

/** Columns of a two-column paper. */
export type FigureColumns = 1 | 2;

/** A figure; plain JSON. */
export interface Figure {
  /** File name without extension: small letters, digits and underscores. */
  name: string;
  /** What the figure shows, in a few words. It appears above the figure, not in it. */
  title: string;
  /** Data set, split, counts and seeds. It appears below the figure. */
  caption: string;
  /** Alternative text, with the main numbers. */
  alt: string;
  /** Width in columns: 3.5 or 7.16 inches. */
  columns: FigureColumns;
  /** In inches. */
  height: number;
  /** The traces. */
  data: PlotlyTrace[];
  /** Axes, fonts, legend; has `width` and `height` in CSS pixels, 96 an inch. */
  layout: PlotlyLayout;
}

/** An experiment's settings and result, as in a `results.json`. */
export type ExperimentParts<Settings, Result> = {
  settings: Settings;
  result: Result;
};

export const COLUMN_INCHES: Readonly<Record<FigureColumns, number>> = { 1: 3.5, 2: 7.16 };

/** At this size, letters are as large as on paper. */
export const PIXELS_PER_INCH = 96;

export function figureInches({ columns, height }: Pick<Figure, "columns" | "height">): [width: number, height: number] {
  return [COLUMN_INCHES[columns], height];
}

/** Not always whole. */
export function figurePixels(figure: Pick<Figure, "columns" | "height">): [width: number, height: number] {
  const [width, height] = figureInches(figure);
  return [width * PIXELS_PER_INCH, height * PIXELS_PER_INCH];
}

let script: Promise<string> | undefined;

/** Plotly's script (4.9 MB), read once and safe inside a `script` element. */
export function plotlyScript(): Promise<string> {
  return script ??= import("plotly.js/plotly.min.js", { with: { type: "text" } })
    .then(({ default: text }: { default: string }) => text.replaceAll("</script", "<\\/script"));
}
