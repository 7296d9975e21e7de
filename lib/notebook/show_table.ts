/**
 * Tables in a notebook.
 *
 * @module
 */
import { type Html, html } from "../experiments/page/page.ts";
import { type Bundle, showOutput } from "./kernel.ts";

/** What a table shows: `columns` are headings, `rows` have one cell a column. */
export interface ShownTable {
  /** Stands above it. */
  title?: string;
  /** Stands below it. */
  note?: string;
  /** Headings. */
  columns: readonly string[];
  /** Cells; a number is written as it is, so round it before. */
  rows: readonly (readonly (string | number | boolean | null | undefined)[])[];
}

/**
 * Shows a table below the running cell: as HTML, as Markdown, and as plain text.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showTable({ title: "Recordings", columns: ["split", "count"], rows: [["train", 450], ["test", 110]] });
 * ```
 *
 * @throws {InputError} outside of a notebook.
 */
export async function showTable(table: ShownTable): Promise<void> {
  await showOutput(tableBundle(table));
}

/**
 * A table in the forms in which a notebook keeps it.
 *
 * @example
 * ```ts
 * import { tableBundle } from "./show_table.ts";
 * const bundle = tableBundle({ columns: ["split", "count"], rows: [["test", 110]] });
 * if (bundle["text/markdown"] !== "| split | count |\n| --- | ---: |\n| test | 110 |") throw new Error(bundle["text/markdown"]);
 * ```
 */
export function tableBundle(table: ShownTable): Bundle {
  const markdown = markdownTable(table);
  return { "text/html": String(htmlTable(table)), "text/markdown": markdown, "text/plain": markdown };
}

const text = (cell: unknown): string => cell === null || cell === undefined ? "" : String(cell);

/** Whether a cell stands at the right side: `12`, `-3.4`, `41.8 (35-49)`, `5 %`. */
const isNumber = (cell: unknown): boolean => /^[-+<]?\s?\d/.test(text(cell));

/** Whether each column holds numbers only. */
function numeric({ columns, rows }: ShownTable): boolean[] {
  return columns.map((_, at) => {
    const cells = rows.map((row) => row[at]).filter((cell) => text(cell) !== "");
    return cells.length > 0 && cells.every(isNumber);
  });
}

function markdownTable(table: ShownTable): string {
  const escape = (cell: unknown): string => text(cell).replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ");
  const line = (cells: readonly unknown[]): string => `| ${cells.map(escape).join(" | ")} |`;
  const rule = `| ${numeric(table).map((right) => right ? "---:" : "---").join(" | ")} |`;
  const lines = [line(table.columns), rule, ...table.rows.map(line)].join("\n");
  return [table.title && `**${table.title}**`, lines, table.note].filter(Boolean).join("\n\n");
}

function htmlTable(table: ShownTable): Html {
  const sides = numeric(table).map((right) => `text-align:${right ? "right" : "left"}`);
  const head = table.columns.map((cell, at) => html`<th scope="col" style="${sides[at]}">${cell}</th>`);
  const rows = table.rows.map((row) =>
    html`<tr>${row.map((cell, at) => html`<td style="${sides[at]}">${text(cell)}</td>`)}</tr>`
  );
  const caption = !table.title
    ? ""
    : html`<caption style="caption-side:top;text-align:left;font-weight:bold;color:inherit">${table.title}</caption>`;
  const note = !table.note ? "" : html`<p style="max-width:60em;opacity:.75">${table.note}</p>`;
  return html`
    <table
      style="font-variant-numeric:tabular-nums">${caption}<thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>${note}
  `;
}
