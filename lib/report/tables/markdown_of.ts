/**
 * A table as Markdown.
 *
 * @module
 */
import { markdownTable } from "../../experiments/experiment_file.ts";
import type { ReportTable } from "./report_table.ts";

/**
 * Title, table and note.
 *
 * @param options.level of the heading, 1 to 6. Default 1
 *
 * @example
 * ```ts
 * import { markdownOf } from "./markdown_of.ts";
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
