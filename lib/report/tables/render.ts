/**
 * The renderers of a table: text for the terminal, Markdown, CSV and LaTeX.
 */
import { stringify } from "csv-stringify/sync";
import { escapeFormula, escapeLatex, escapeMarkdown, oneLine } from "../../files/escape.ts";
import { figureParts, type ReportTable } from "./report_table.ts";

/** Text for a terminal: title, aligned columns and note. The interval and p of a figure are on lines below it. */
export function textOf({ title, note, columns, rows }: ReportTable): string {
  const lines = [columns, ...rows.flatMap(terminalLines)];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const right = columns.map((_, column) => column > 0 && isNumeric(rows, column));
  const body = lines.map((line) =>
    widths.map((width, i) => right[i] ? (line[i] ?? "").padStart(width) : (line[i] ?? "").padEnd(width)).join("  ")
      .trimEnd()
  );
  body.splice(1, 0, "-".repeat(Math.max(...body.map(({ length }) => length))));
  return [oneLine(title), body.join("\n"), oneLine(note)].filter((part) => part !== "").join("\n\n") + "\n";
}

function terminalLines(row: readonly string[]): string[][] {
  const parts = row.map((cell) => {
    const found = figureParts(cell);
    if (found === undefined) return [oneLine(cell), "", ""];
    const { value, deviation, low, high, p } = found;
    return [
      deviation === undefined ? value : `${value} ± ${deviation}`,
      low === undefined ? "" : intervalText(low, high!),
      p === undefined ? "" : `p ${p}`,
    ];
  });
  return [0, 1, 2].map((line) => parts.map((part) => part[line]!)).filter((line, i) =>
    i === 0 || line.some((text) => text !== "")
  );
}

/** Percentages are rounded, which keeps columns narrow; differences keep all digits. */
function intervalText(low: string, high: string): string {
  return [low, high].every((end) => /^\d+\.\d$/.test(end))
    ? `${Number(low).toFixed(0)}-${Number(high).toFixed(0)}`
    : `${low} to ${high}`;
}

function isNumeric(rows: ReportTable["rows"], column: number): boolean {
  return rows.every((row) => /^(?:[+-]?\d|-?$)/.test(row[column] ?? ""));
}

/**
 * Markdown: title, table and note.
 *
 * @param options.level of the heading, 1 to 6. Default: 1
 */
export function markdownOf({ title, note, columns, rows }: ReportTable, options: { level?: number } = {}): string {
  const { level = 1 } = options;
  const body = markdownTable(columns.map(escapeMarkdown), rows.map((row) => row.map(escapeMarkdown)));
  return [`${"#".repeat(level)} ${escapeMarkdown(title)}`, body, escapeMarkdown(note)].filter((part) => part !== "")
    .join("\n\n") +
    "\n";
}

/** A table whose cells are Markdown, padded so that its source is readable. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

/** Parts of a figure, and suffixes of their columns. */
const PARTS = [["value", ""], ["deviation", " sd"], ["low", " low"], ["high", " high"], ["p", " p"]] as const;

/**
 * CSV (RFC 4180) with a header. The deviation, interval and p of figures get columns of their own: `S2I R@1`, `S2I R@1 sd`,
 * `S2I R@1 low`, `S2I R@1 high`, `S2I R@1 p`. Text that a spreadsheet would evaluate gets a leading apostrophe.
 */
export function csvOf({ columns, rows }: ReportTable): string {
  const split = columns.map((head, column) => splitColumn(head, rows.map((row) => row[column] ?? "")));
  const lines = [
    split.flatMap(({ heads }) => heads),
    ...rows.map((_, row) => split.flatMap(({ cells }) => cells[row]!)),
  ];
  return stringify(lines.map((line) => line.map(escapeFormula)));
}

function splitColumn(head: string, cells: readonly string[]): { heads: string[]; cells: string[][] } {
  const figures = cells.map(figureParts);
  const used = PARTS.filter(([part]) => part === "value" || figures.some((figure) => figure?.[part] !== undefined));
  return {
    heads: used.map(([, end]) => `${head}${end}`),
    cells: cells.map((cell, row) => {
      const figure = figures[row];
      return used.map(([part]) => figure === undefined ? (part === "value" ? cell : "") : figure[part] ?? "");
    }),
  };
}

/** Most columns of a table in one column of a paper. */
const NARROW = 4;

/**
 * A `booktabs` table with the label `tab:NAME` and the note below. Needs `\usepackage{booktabs}` and `\usepackage{graphicx}`, which
 * scales wide tables down.
 */
export function latexOf({ name, title, note, columns, rows }: ReportTable): string {
  const float = columns.length > NARROW ? "table*" : "table";
  const width = columns.length > NARROW ? "\\textwidth" : "\\columnwidth";
  const numeric = columns.map((_, column) => isNumeric(rows, column));
  const line = (cells: readonly string[]): string =>
    `  ${columns.map((_, i) => escapeLatex(cells[i] ?? "")).join(" & ").replace(/^(?=[[*])/, "{}")} \\\\`;
  return [
    `\\begin{${float}}[t]`,
    `\\centering`,
    `\\caption{${escapeLatex(title)}}`,
    `\\label{tab:${name}}`,
    `\\resizebox{\\ifdim\\width>${width}${width}\\else\\width\\fi}{!}{%`,
    `\\begin{tabular}{${numeric.map((is) => is ? "r" : "l").join("")}}`,
    `  \\toprule`,
    line(columns),
    `  \\midrule`,
    ...rows.map(line),
    `  \\bottomrule`,
    `\\end{tabular}}`,
    ...(note === "" ? [] : [`\\par\\smallskip\\parbox{${width}}{\\footnotesize ${escapeLatex(note)}}`]),
    `\\end{${float}}`,
    "",
  ].join("\n");
}
