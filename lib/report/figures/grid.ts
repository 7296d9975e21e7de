/**
 * Panels side by side and below each other.
 *
 * @module
 */
import { type FigureColumns, figurePixels } from "./figure.ts";

/** A part of the plot area: shares of its width and its height. */
export interface Panel {
  /** From left to right. */
  x: [number, number];
  /** From bottom to top. */
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
  /** Columns of a paper. */
  columns: FigureColumns;
  /** Height of the figure in inches. */
  height: number;
  /** Rows of panels. */
  rows: number;
  /** Panels in a row. */
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
