/**
 * Notebooks as files (nbformat 4).
 *
 * @module
 */
import { z } from "zod";
import { InputError } from "../../errors.ts";
import { readJson } from "../../files/read.ts";

/** A cell. */
export interface Cell {
  /** `"code"`, `"markdown"` or `"raw"`. */
  kind: string;
  /** What stands in it. */
  source: string;
  /** How many outputs it has. */
  outputs: number;
  /** The number that Jupyter writes beside an executed cell. */
  executionCount: number | null;
}

/** A notebook as far as it is checked. */
export interface NotebookFile {
  /** Its cells in order. */
  cells: Cell[];
  /** The name of the kernel that it asks for; undefined where it names none. */
  kernel: string | undefined;
}

const text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(""))]);
const SCHEMA = z.object({
  nbformat: z.literal(4),
  metadata: z.object({ kernelspec: z.object({ name: z.string() }).optional() }),
  cells: z.array(z.object({
    cell_type: z.string(),
    source: text,
    outputs: z.array(z.unknown()).default([]),
    execution_count: z.number().nullish().transform((count) => count ?? null),
  })),
});

/**
 * Reads a notebook.
 *
 * @throws {InputError} where the file cannot be read, or is no notebook of nbformat 4.
 */
export async function readNotebook(path: string): Promise<NotebookFile> {
  const parsed = SCHEMA.safeParse(await readJson(path));
  if (!parsed.success) {
    const why = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, " ");
    throw new InputError(`Cannot read the notebook '${path}' as it is none of nbformat 4: ${why}`);
  }
  const { metadata, cells } = parsed.data;
  return {
    kernel: metadata.kernelspec?.name,
    cells: cells.map(({ cell_type, source, outputs, execution_count }) => ({
      kind: cell_type,
      source,
      outputs: outputs.length,
      executionCount: execution_count,
    })),
  };
}
