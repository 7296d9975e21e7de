/**
 * A table as LaTeX.
 *
 * @module
 */
import type { ReportTable } from "./report_table.ts";

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
