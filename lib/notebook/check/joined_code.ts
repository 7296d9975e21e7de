/**
 * A notebook's code as one module.
 *
 * @module
 */
import type { NotebookFile } from "./notebook_file.ts";

/** Code of all cells, and where each line of it comes from. */
export interface JoinedCode {
  /** The module's text. */
  text: string;
  /** The cell (from 1, text cells counted) and the line in it (from 1) of each line. */
  origins: { cell: number; line: number }[];
}

/**
 * Joins the code cells of a notebook, in order, into one module with top-level await.
 *
 * @example
 * ```ts
 * import { joinCode } from "./joined_code.ts";
 * const code = (source: string) => ({ kind: "code", source, outputs: 0, executionCount: null });
 * const { text, origins } = joinCode({ kernel: "deno", cells: [code("const a = 1;"), code("a;\na;")] });
 * if (text !== "const a = 1;\na;\na;\nexport {};\n" || origins[2]?.cell !== 2) throw new Error(text);
 * ```
 */
export function joinCode({ cells }: NotebookFile): JoinedCode {
  const lines: string[] = [];
  const origins: JoinedCode["origins"] = [];
  cells.forEach(({ kind, source }, i) => {
    if (kind !== "code") return;
    source.trimEnd().split("\n").forEach((line, at) => {
      lines.push(line);
      origins.push({ cell: i + 1, line: at + 1 });
    });
  });
  return { text: `${[...lines, "export {};"].join("\n")}\n`, origins };
}
