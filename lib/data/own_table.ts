/**
 * A table of one's own: JSON lines, or comma-separated values with a header.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import { extname } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { indexLines, readIndex } from "./index_files.ts";
import type { Oddity } from "./pair.ts";

/** A line of a table: the fields that it has, by name. */
export interface TableRow {
  /** Fields with something in them, without space around. */
  fields: Map<string, string>;
  /** Number of the line in its file, from 1 on. */
  line: number;
  /** `file:line`. */
  where: string;
}

/** What {@link readTable} must know. */
export interface TableOptions {
  /** Names of the columns that mean something. */
  columns: readonly string[];
  /** Those of them that each line must have. */
  required: readonly string[];
  /** Names of columns that another reader of the same table takes: not read, and nothing odd. */
  others?: readonly string[];
  /** Hears of columns that mean nothing. */
  onOddity: (oddity: Oddity) => void;
  /** Takes quotes within a field as they are (CSV). Default false: they must be doubled, in a quoted field. */
  looseQuotes?: boolean;
}

/** Bytes of a record; a longer one, which would take a second for each MB, is damage, as a quote that is never closed. */
const LONGEST_RECORD = 1 << 20;
const JSON_LINES = [".jsonl", ".ndjson"];
const SEPARATED = [".csv", ".tsv"];

/**
 * Reads `.jsonl` (or `.ndjson`), or `.csv` (or `.tsv`; separated by comma, semicolon or tabulator, as the header is). Names of
 * columns count without regard to case, `_` and `-`, so `image_id` is `imageId`. Byte order marks, Windows line ends, blank
 * lines and quoted fields are understood. A field that is missing, null or blank is not there.
 *
 * @returns lines in their order
 * @throws {InputError} where the file is missing, of another kind, malformed, or lacks a required field (names file and line).
 */
export async function readTable(file: string, options: TableOptions): Promise<TableRow[]> {
  const kind = extname(file).toLowerCase();
  if (JSON_LINES.includes(kind)) return await jsonRows(file, options);
  if (SEPARATED.includes(kind)) return await separatedRows(file, options);
  throw new InputError(
    `Cannot read '${file}' as a table must be JSON lines (${
      JSON_LINES.join(", ")
    }) or comma-separated values with a header ` +
      `(${SEPARATED.join(", ")}): rename it.`,
  );
}

async function jsonRows(file: string, options: TableOptions): Promise<TableRow[]> {
  const told = new Set<string>();
  return (await indexLines(file, options.onOddity)).map(({ line, where, number }) => {
    let entry: unknown;
    try {
      entry = JSON.parse(line);
    } catch (error) {
      throw new InputError(`Cannot read ${where} as it is not JSON: ${messageOf(error)}.`);
    }
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
      throw new InputError(
        `Cannot read ${where} as a line must be a JSON object, like {"image": "a.jpg", "audio": "a.wav"}.`,
      );
    }
    const names = Object.keys(entry);
    const columns = meaning(names, where, options, told);
    return rowOf(
      names.map((name) => [columns.get(name), (entry as Record<string, unknown>)[name]]),
      number,
      where,
      options,
    );
  });
}

/**
 * Reads comma-separated values, as {@link readTable} does, whatever the file's name ends in.
 *
 * @throws {InputError} where the file is missing, malformed, or lacks a required field (names file and line).
 */
export async function separatedRows(file: string, options: TableOptions): Promise<TableRow[]> {
  const text = (await readIndex(file)).replace(/\r\n?/g, "\n");
  if (text.includes("\uFFFD")) {
    options.onOddity({ kind: "file that is not UTF-8, read with replacement signs", where: file, value: "encoding" });
  }
  const head = text.split("\n").find((line) => line.trim() !== "") ?? "";
  const delimiter = ["\t", ";"].find((separator) => head.includes(separator)) ?? ",";
  let records: { record: string[]; info: { lines: number } }[];
  try {
    const settings = { delimiter, info: true, skip_empty_lines: true, relax_quotes: options.looseQuotes ?? false };
    records = parse(text, { ...settings, max_record_size: LONGEST_RECORD }) as unknown as typeof records;
  } catch (error) {
    const line = (error as { lines?: number }).lines;
    throw new InputError(
      `Cannot read ${line === undefined ? `'${file}'` : `${file}:${line}`} as it is not well-formed CSV: ${
        messageOf(error)
      }.`,
    );
  }
  const header = records[0];
  if (!header) return [];
  const names = header.record.map((name) => name.trim());
  const columns = meaning(names, `${file}:${header.info.lines}`, options, new Set());
  for (const name of options.required) {
    if (![...columns.values()].includes(name)) {
      throw new InputError(
        `Cannot read ${file}:${header.info.lines} as the header must name '${name}': it names ${names.join(", ")}.`,
      );
    }
  }
  return records.slice(1).filter(({ record }) => record.some((value) => value.trim() !== "")).map(({ record, info }) =>
    rowOf(names.map((name, i) => [columns.get(name), record[i]]), info.lines, `${file}:${info.lines}`, options)
  );
}

/** Which of the known columns each name means; the others are told, once a file. */
function meaning(names: string[], where: string, options: TableOptions, told: Set<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names) {
    const column = options.columns.find((column) => bare(column) === bare(name));
    if (column === undefined) {
      const known = options.others?.some((other) => bare(other) === bare(name)) ?? false;
      if (!known && !told.has(name)) {
        options.onOddity({ kind: "column that means nothing, not read", where, value: name });
      }
      told.add(name);
    } else if ([...found.values()].includes(column)) {
      throw new InputError(`Cannot read ${where} as there must be one column '${column}': there are more.`);
    } else found.set(name, column);
  }
  return found;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, "");
}

function rowOf(
  cells: [column: string | undefined, value: unknown][],
  line: number,
  where: string,
  { required }: TableOptions,
): TableRow {
  const fields = new Map<string, string>();
  for (const [column, value] of cells) {
    if (column === undefined || value === null || value === undefined) continue;
    if (typeof value !== "string" && !(typeof value === "number" && Number.isFinite(value))) {
      throw new InputError(
        `Cannot read ${where} as '${column}' must be a text: it is ${JSON.stringify(value).slice(0, 60)}.`,
      );
    }
    const text = String(value).trim();
    if (text !== "") fields.set(column, text);
  }
  for (const name of required) {
    if (!fields.has(name)) {
      throw new InputError(`Cannot read ${where} as '${name}' must be a text with something in it: it is missing.`);
    }
  }
  return { fields, line, where };
}
