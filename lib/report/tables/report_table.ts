/**
 * A table of a report: plain cells with a title and a note.
 */

/** A table of a report. */
export interface ReportTable {
  /** File name without extension: small letters, digits and underscores. */
  name: string;
  /** What it shows, and on which data. */
  title: string;
  /** How to read the figures: counts, seeds, intervals, sources. */
  note: string;
  /** Column heads. A column `"from"` contains `"ours"` or `"paper"`. */
  columns: string[];
  /** Cells by row; empty if there is no value. {@link figureText} formats figures. */
  rows: string[][];
}

/** Results that are a table themselves: `{ title, note, columns, rows }`, with text or numbers as cells. */
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

/** A figure and its uncertainty. */
export interface TableFigure {
  /** The figure. */
  value: number;
  /** Standard deviation over seeds. */
  deviation?: number | undefined;
  /** 95 % interval. */
  interval?: readonly [low: number, high: number] | undefined;
  /** Two-sided p of no difference. */
  p?: number | undefined;
  /** Whether a positive figure has a sign, as differences have. Default: false. */
  signed?: boolean;
  /** Digits after the point. Default: 1. */
  digits?: number;
}

/** Formats a figure: `"42.7"`, `"42.7 [33.6, 51.8]"`, `"42.7 ± 1.2 [33.6, 51.8]"`, `"+3.6 [-3.6, +10.9] p 0.556"`. */
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

/** `"+3.6 points [-3.6, +10.9] p 0.556"`. */
export function differenceText(figure: TableFigure): string {
  return figureText({ ...figure, signed: true }).replace(/^(\S+)/, "$1 points");
}

const NUMBER = String.raw`[+-]?\d+(?:\.\d+)?`;
const FIGURE = new RegExp(
  String.raw`^(${NUMBER})(?: ± (${NUMBER}))?(?: \[(${NUMBER}), (${NUMBER})\])?(?: p (< )?(${NUMBER}))?$`,
);

/** The parts of a cell from {@link figureText}; undefined for any other text. */
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
