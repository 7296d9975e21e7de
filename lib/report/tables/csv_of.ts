/**
 * A table as CSV.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import { figureParts, type ReportTable } from "./report_table.ts";

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
 * import { csvOf } from "./csv_of.ts";
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
