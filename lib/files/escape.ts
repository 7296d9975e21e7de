/**
 * Escapes text for HTML, Markdown, CSV and LaTeX.
 */

/** Text inside an HTML or SVG element, or inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** JSON inside a `script` element. */
export function escapeScript(json: string): string {
  return json.replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** Text as one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Text inside a cell of a Markdown table: one line, with escaped pipes and backslashes. */
export function escapeMarkdownCell(text: string): string {
  return oneLine(text).replaceAll("\\", "\\\\").replaceAll("|", "\\|");
}

/**
 * Text inside a CSV cell. Spreadsheets evaluate cells that begin with `=`, `+`, `-`, `@`, a tab or a line break, so these are
 * prefixed with an apostrophe. Numbers are unchanged.
 */
export function escapeFormula(cell: string): string {
  return /^[=+\-@\t\r\n]/.test(cell) && !/^[+-]?\d+(?:\.\d+)?$/.test(cell) ? `'${cell}` : cell;
}

const LATEX: Readonly<Record<string, string>> = {
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

/** Text for LaTeX: special characters are escaped, and line breaks become spaces. */
export function escapeLatex(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(
    /-(?=-)|[\\{}#$%&_^~<>|"±×–]/g,
    (special) => LATEX[special] ?? "-{}",
  );
}
