/**
 * The documentation of options: tables in Markdown files that are made from the tables in the code.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { OptionSpec, OptionTable } from "../lib/options.ts";

const ROOT = join(import.meta.dirname!, "..");

/**
 * Checks that a Markdown file holds a text between `<!-- NAME -->` and `<!-- /NAME -->`. With `UPDATE_DOCS=1` in the
 * environment it writes the text there instead.
 *
 * @param path from the root of the repository
 */
export async function checkGenerated(path: string, name: string, text: string): Promise<void> {
  const page = await Deno.readTextFile(join(ROOT, path));
  const [start, end] = [`<!-- ${name} -->\n\n`, `\n<!-- /${name} -->`];
  const [from, to] = [page.indexOf(start) + start.length, page.indexOf(end)];
  assert.ok(from >= start.length && to >= 0, `${path} has no section '${name}'`);
  text = `<!-- deno-fmt-ignore-start -->\n\n${text}\n<!-- deno-fmt-ignore-end -->\n`; // unpadded: half as long
  if (Deno.env.get("UPDATE_DOCS") === "1") {
    return await Deno.writeTextFile(join(ROOT, path), page.slice(0, from) + text + page.slice(to));
  }
  assert.equal(
    page.slice(from, to),
    text,
    `${path} is not up to date: UPDATE_DOCS=1 deno task test, with this test's file`,
  );
}

/**
 * A table of options in Markdown.
 *
 * @param columns headings of further columns, each with what it says of an option.
 */
export function optionsMarkdown(
  table: OptionTable,
  columns: Readonly<Record<string, (option: OptionSpec, name: string) => string>> = { default: unsetOf },
): string {
  const rows = Object.entries(table).map(([name, option]) => [
    `\`${option.flags}\``,
    option.help + (option.value.kind === "choice" ? `: ${option.value.of.map((one) => `\`${one}\``).join(", ")}` : ""),
    ...Object.values(columns).map((column) => column(option, name)),
  ]);
  return markdownTable([["option", "meaning", ...Object.keys(columns)], ...rows]);
}

/** What holds where an option is not given, as text; empty if there is nothing to say. */
export function unsetOf(option: OptionSpec): string {
  return option.unset ?? (option.default === undefined ? "" : String(option.default));
}

/** A table in Markdown; the first row is the heading. */
export function markdownTable([heading, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  return [heading!, heading!.map(() => "---"), ...escaped].map(line).join("");
}
