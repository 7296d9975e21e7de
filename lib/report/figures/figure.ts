/**
 * A figure as plain data: what plotly draws, and the text that describes it.
 *
 * @module
 */

/** A trace as plotly takes it. */
export type PlotlyTrace = Record<string, unknown>;

/** A layout as plotly takes it. */
export type PlotlyLayout = Record<string, unknown>;

/** Columns of a two-column paper that a figure takes. */
export type FigureColumns = 1 | 2;

/** A figure; plain JSON. */
export interface Figure {
  /** Its file name without an ending, in small letters, digits and underscores. */
  name: string;
  /** What is seen, in a few words. It stands above the figure, not in it. */
  title: string;
  /** What is seen, with data set, split, counts and seeds. It stands below the figure. */
  caption: string;
  /** What is seen, with the main numbers, for those who do not see it. */
  alt: string;
  /** Columns that it takes: 3.5 or 7.16 inches wide. */
  columns: FigureColumns;
  /** In inches. */
  height: number;
  /** What is drawn. */
  data: PlotlyTrace[];
  /** Axes, fonts, legend; has `width` and `height` in CSS pixels, 96 an inch. */
  layout: PlotlyLayout;
}

/** An experiment's settings with what was found; a checked `results.json` is one. */
export interface ExperimentParts<Settings, Result> {
  /** What was asked for. */
  settings: Settings;
  /** What was found. */
  result: Result;
}

/** Inches of one and of two columns. */
export const COLUMN_INCHES: Readonly<Record<FigureColumns, number>> = { 1: 3.5, 2: 7.16 };

/** CSS pixels of an inch: a figure drawn at this size has letters of the size that they have on paper. */
export const PIXELS_PER_INCH = 96;

/** Width and height in inches. */
export function figureInches({ columns, height }: Pick<Figure, "columns" | "height">): [width: number, height: number] {
  return [COLUMN_INCHES[columns], height];
}

/** Width and height in CSS pixels; not always whole. */
export function figurePixels(figure: Pick<Figure, "columns" | "height">): [width: number, height: number] {
  const [width, height] = figureInches(figure);
  return [width * PIXELS_PER_INCH, height * PIXELS_PER_INCH];
}

let script: Promise<string> | undefined;

/** Plotly's script (4.9 MB), read once; ready to stand inside a `script` element. */
export function plotlyScript(): Promise<string> {
  return script ??= import("plotly.js/plotly.min.js", { with: { type: "text" } })
    .then(({ default: text }: { default: string }) => text.replaceAll("</script", "<\\/script"));
}
