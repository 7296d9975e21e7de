/** Escapes text that others wrote: ids, file names, captions, names of runs. For HTML, Markdown, CSV, LaTeX, terminals and shells. */

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

/** Text in Markdown: one line, in which nothing begins a cell, a link, code or HTML. */
export function escapeMarkdown(text: string): string {
  return printable(oneLine(text)).replaceAll(/[\\|`]|(?<=\])[([]/g, "\\$&").replaceAll(/<(?=[a-z/!?])/gi, "&lt;");
}

/** Control characters, and those that change the direction of text; line feeds and tabs are kept. */
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text for a terminal: what would move its cursor, change its colors or reorder the text is shown as `\\u001b`. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A word of a command that is printed to be copied into a POSIX shell. */
export function shellWord(word: string): string {
  return /^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Text inside a CSV cell. Spreadsheets evaluate cells that begin with `=`, `+`, `-`, `@`, one of these in full width, a tab or a line break, so these are
 * prefixed with an apostrophe. Numbers are unchanged.
 */
export function escapeFormula(cell: string): string {
  return /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell) && !/^[+-]?\d+(?:\.\d+)?$/.test(cell) ? `'${cell}` : cell;
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
