/**
 * Renderers of a table: CSV, Markdown and LaTeX.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import { markdownTable } from "../../experiments/experiment_file.ts";
import { figureParts, type ReportTable } from "./report_table.ts";

/**
 * Title, table and note.
 *
 * @param options.level of the heading, 1 to 6. Default 1
 *
 * @example
 * ```ts
 * import { markdownOf } from "./render.ts";
 * const text = markdownOf({ name: "a", title: "A|B", note: "Of one row.", columns: ["x"], rows: [["1|2"]] });
 * if (!text.includes("| 1\\|2 |")) throw new Error(text);
 * ```
 */
export function markdownOf({ title, note, columns, rows }: ReportTable, options: { level?: number } = {}): string {
  const { level = 1 } = options;
  const body = markdownTable(columns.map(cell), rows.map((row) => row.map(cell)));
  return [`${"#".repeat(level)} ${line(title)}`, body, line(note)].filter((part) => part !== "").join("\n\n") + "\n";
}

function cell(text: string): string {
  return line(text).replaceAll("\\", "\\\\").replaceAll("|", "\\|");
}

function line(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

const PARTS = ["value", "deviation", "low", "high", "p"] as const;
const SUFFIX: Readonly<Record<(typeof PARTS)[number], string>> = {
  value: "",
  deviation: " sd",
  low: " low",
  high: " high",
  p: " p",
};

/**
 * CSV (RFC 4180) with a line of heads. A figure with its spread, interval or p gets a column for each of them, so that a
 * program can read it: `S2I R@1`, `S2I R@1 sd`, `S2I R@1 low`, `S2I R@1 high`, `S2I R@1 p`.
 *
 * @example
 * ```ts
 * import { csvOf } from "./render.ts";
 * const text = csvOf({ name: "a", title: "", note: "", columns: ["x", "R@1"], rows: [["a, b", "42.7 [33.6, 51.8]"]] });
 * if (text !== 'x,R@1,R@1 low,R@1 high\n"a, b",42.7,33.6,51.8\n') throw new Error(text);
 * ```
 */
export function csvOf({ columns, rows }: ReportTable): string {
  const split = columns.map((head, column) => splitColumn(head, rows.map((row) => row[column] ?? "")));
  const heads = split.flatMap(({ heads }) => heads);
  return stringify([heads, ...rows.map((_, row) => split.flatMap(({ cells }) => cells[row] ?? []))]);
}

function splitColumn(head: string, cells: readonly string[]): { heads: string[]; cells: string[][] } {
  const parts = cells.map(figureParts);
  const used = PARTS.filter((part) => part === "value" || parts.some((found) => found?.[part] !== undefined));
  return {
    heads: used.map((part) => `${head}${SUFFIX[part]}`),
    cells: cells.map((cell, row) =>
      used.map((part) => parts[row] === undefined ? (part === "value" ? cell : "") : parts[row][part] ?? "")
    ),
  };
}

const SPECIALS: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  "#": "\\#",
  "$": "\\$",
  "%": "\\%",
  "&": "\\&",
  "_": "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedbl{}",
  "±": "$\\pm$",
  "×": "$\\times$",
  "–": "--",
};

/** Text that LaTeX prints as it is: each character with a meaning there is escaped, lines are joined. */
export function escapeLatex(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(
    /-(?=-)|[\\{}#$%&_^~<>|"±×–]/g,
    (special) => SPECIALS[special] ?? "-{}",
  );
}

/** The columns of a page of two columns that a table may have before it takes both. */
const NARROW = 4;

/**
 * A floating table in the style of `booktabs`: caption, label `tab:NAME`, note below. Wants `\usepackage{booktabs}` and
 * `\usepackage{graphicx}`, by which a wide table is made to fit.
 */
export function latexOf({ name, title, note, columns, rows }: ReportTable): string {
  const float = columns.length > NARROW ? "table*" : "table";
  const width = columns.length > NARROW ? "\\textwidth" : "\\columnwidth";
  const numeric = columns.map((_, column) => rows.every((row) => /^[+-]?\d|^$/.test(row[column] ?? "")));
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
