/**
 * A table of a report: plain cells with a title and a note.
 *
 * @module
 */

/** A table of a report. */
export interface ReportTable {
  /** Name of its files: small letters, digits and underscores. */
  name: string;
  /** What it shows, and of which data. */
  title: string;
  /** How the figures are to be read: counts, seeds, intervals, where they come from. */
  note: string;
  /** Heads of the columns. A column `"from"` says of each row `"ours"` or `"paper"`. */
  columns: string[];
  /**
   * The cells, as long as {@link ReportTable.columns}; empty where there is nothing. A figure with its spread over seeds, its
   * 95 % interval and its p is written as {@link figureText} does.
   */
  rows: string[][];
}

/** The tables of results that are a table themselves: `{ title, note, columns, rows }`, with text or numbers as cells. */
export function resultTables(entries: readonly { file: { experiment: string; result: unknown } }[]): ReportTable[] {
  return entries.flatMap(({ file: { experiment, result } }) => {
    const table = result as { title?: string; note?: string; columns?: unknown; rows?: unknown } | null;
    if (!Array.isArray(table?.columns) || !Array.isArray(table.rows)) return [];
    return [{
      name: experiment.replaceAll(/[^a-z0-9]+/g, "_"),
      title: table.title ?? experiment,
      note: table.note ?? "",
      columns: table.columns.map(String),
      rows: table.rows.map((row: readonly unknown[]) => row.map((cell) => String(cell ?? ""))),
    }];
  });
}

/** A figure and how sure it is. */
export interface TableFigure {
  /** The figure. */
  value: number;
  /** Standard deviation over seeds. */
  deviation?: number | undefined;
  /** 95 % interval. */
  interval?: readonly [low: number, high: number] | undefined;
  /** Two-sided p of no difference. */
  p?: number | undefined;
  /** Whether a positive figure has its sign, as differences have. Default false. */
  signed?: boolean;
  /** Digits after the point. Default 1. */
  digits?: number;
}

/**
 * A figure as a cell: `"42.7"`, `"42.7 [33.6, 51.8]"`, `"42.7 ± 1.2 [33.6, 51.8]"`, `"+3.6 [-3.6, +10.9] p 0.556"`.
 *
 * @example
 * ```ts
 * import { figureText } from "./report_table.ts";
 * const text = figureText({ value: 3.64, interval: [-3.6, 10.9], p: 0.0002, signed: true });
 * if (text !== "+3.6 [-3.6, +10.9] p < 0.001") throw new Error(text);
 * ```
 */
export function figureText({ value, deviation, interval, p, signed = false, digits = 1 }: TableFigure): string {
  const text = (number: number): string => {
    const written = number.toFixed(digits).replace(/^-(?=[0.]+$)/, "");
    return signed && !written.startsWith("-") ? `+${written}` : written;
  };
  return [
    text(value),
    deviation === undefined || Number.isNaN(deviation) ? "" : `± ${deviation.toFixed(digits)}`,
    interval === undefined ? "" : `[${interval.map(text).join(", ")}]`,
    p === undefined ? "" : p < 0.001 ? "p < 0.001" : `p ${p.toFixed(3)}`,
  ].filter((part) => part !== "").join(" ");
}

const NUMBER = String.raw`[+-]?\d+(?:\.\d+)?`;
const FIGURE = new RegExp(
  String.raw`^(${NUMBER})(?: ± (${NUMBER}))?(?: \[(${NUMBER}), (${NUMBER})\])?(?: p (< )?(${NUMBER}))?$`,
);

/** The parts of a cell that {@link figureText} wrote, as texts; undefined for any other text. */
export function figureParts(
  cell: string,
): { value: string; deviation?: string; low?: string; high?: string; p?: string } | undefined {
  const found = FIGURE.exec(cell);
  if (found === null) return undefined;
  const [, value = "", deviation, low, high, below = "", p] = found;
  return {
    value,
    ...(deviation === undefined ? {} : { deviation }),
    ...(low === undefined || high === undefined ? {} : { low, high }),
    ...(p === undefined ? {} : { p: `${below}${p}` }),
  };
}
