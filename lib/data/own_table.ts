/** Reads a table of your own, JSON lines or comma-separated values with a header, and finds the files that it lists. */
import { dirname, extname, isAbsolute, join, normalize, relative, resolve } from "@std/path";
import { parse } from "csv-parse/sync";
import { InputError, messageOf } from "../errors.ts";
import { exists } from "../files/read.ts";
import { checkIndexSize, parseObject, streamLines, unixText } from "./index_files.ts";
import type { LoadOptions, Oddity } from "./pair.ts";

interface TableRow {
  /** Trimmed fields that are not empty, by column. */
  fields: Map<string, string>;
  line: number;
  /** `file:line`. */
  where: string;
}

export interface TableOptions {
  columns: readonly string[];
  /** Columns that each line must have. */
  required: readonly string[];
  /** Other names of the columns. A name shared by several columns means the one that the table does not name otherwise. */
  synonyms?: Readonly<Record<string, readonly string[]>>;
  /** Columns of another reader of the same table. They are ignored and not reported. */
  others?: readonly string[];
  onOddity: (oddity: Oddity) => void;
  /** Keeps quotes within a CSV field. By default they must be doubled, in a quoted field. */
  looseQuotes?: boolean;
}

/** Bytes of a CSV record. A longer one has an unclosed quote, and parsing takes a second for each MB. */
const LONGEST_RECORD = 1 << 20;
/** Minimum number of characters of CSV that are parsed at once. */
const BLOCK = 1 << 16;
/** A row takes about 0.55 kB of memory. */
const MAX_ROWS = 1_500_000;
const [QUOTE, LINE_END] = [34, 10];
const JSON_LINES = [".jsonl", ".ndjson"];
const SEPARATED = [".csv", ".tsv"];

/**
 * Reads JSON lines (`.jsonl`, `.ndjson`) or comma-separated values (`.csv`, `.tsv`; comma, semicolon or tab, as in the
 * header). Case, `_` and `-` do not matter in column names, so `image_id` is `imageId`. Fields that are missing, null or
 * blank are absent.
 *
 * @throws {InputError} if the file is missing, of another kind, malformed, lacks a required field, or has two columns of
 * the same meaning (names file and line).
 */
export function readTable(file: string, options: TableOptions): Promise<TableRow[]> {
  return Array.fromAsync(tableRows(file, options));
}

/** Reads a table as {@link readTable} does, line by line. */
export async function* tableRows(file: string, options: TableOptions): AsyncGenerator<TableRow> {
  const kind = extname(file).toLowerCase();
  if (![...JSON_LINES, ...SEPARATED].includes(kind)) {
    throw new InputError(
      `Cannot read '${file}' as a table must be JSON lines (${
        JSON_LINES.join(", ")
      }) or comma-separated values with a ` +
        `header (${SEPARATED.join(", ")}): rename it.`,
    );
  }
  await checkIndexSize(file);
  let count = 0;
  for await (const row of JSON_LINES.includes(kind) ? jsonRows(file, options) : separatedRows(file, options)) {
    if (++count > MAX_ROWS) {
      throw new InputError(`Cannot read ${row.where} as the table has more than ${MAX_ROWS} rows: split it.`);
    }
    yield row;
  }
}

async function* jsonRows(file: string, options: TableOptions): AsyncGenerator<TableRow> {
  const reported = new Set<string>();
  let known: { names: string; columns: (string | undefined)[] } | undefined;
  for await (const { line, where, number } of streamLines(file, options.onOddity)) {
    const entry = parseObject(line, where, 'like {"image": "a.jpg", "audio": "a.wav"}');
    const names = Object.keys(entry), joined = names.join("\0");
    if (known?.names !== joined) known = { names: joined, columns: columnsOf(names, where, options, reported) };
    yield rowOf(known.columns, Object.values(entry), number, where, options);
  }
}

/** Reads comma-separated values as {@link readTable} does, from a file of any name. */
export async function* separatedRows(file: string, options: TableOptions): AsyncGenerator<TableRow> {
  let columns: (string | undefined)[] | undefined;
  for await (const { values, line } of csvRecords(file, options)) {
    const where = `${file}:${line}`;
    if (columns !== undefined) {
      if (values.some((value) => value.trim() !== "")) yield rowOf(columns, values, line, where, options);
      continue;
    }
    const names = values.map((name) => name.trim());
    columns = columnsOf(names, where, options, new Set());
    for (const name of options.required) {
      if (columns.includes(name)) continue;
      const others = options.synonyms?.[name] ?? [];
      throw new InputError(
        `Cannot read ${where} as the header must name '${name}': it names ${names.join(", ")}.` +
          (others.length === 0 ? "" : ` Other names of that column: ${others.join(", ")}.`),
      );
    }
  }
}

/** Parses CSV in blocks of whole records, so that a large table needs little memory. */
async function* csvRecords(
  file: string,
  { looseQuotes = false, onOddity }: TableOptions,
): AsyncGenerator<{ values: string[]; line: number }> {
  const pieces = unixText(file);
  let lines = 0, width: number | undefined, foreign = false, delimiter: string | undefined;
  for await (const block of looseQuotes ? [(await Array.fromAsync(pieces)).join("")] : wholeRecords(pieces)) {
    if (!foreign && block.includes("\uFFFD")) {
      foreign = true;
      onOddity({ kind: "file that is not UTF-8, read with replacement characters", where: file, value: "encoding" });
    }
    delimiter ??= delimiterOf(block);
    const settings = {
      delimiter,
      record_delimiter: "\n", // csv-parse would look for it at each byte of a first line, seconds if that is long
      info: true,
      skip_empty_lines: true,
      relax_quotes: looseQuotes,
      max_record_size: LONGEST_RECORD,
    };
    let records: { record: string[]; info: { lines: number } }[];
    try {
      records = parse(block, settings) as unknown as typeof records;
    } catch (error) {
      const { lines: at } = error as { lines?: number };
      const where = at === undefined ? `'${file}'` : `${file}:${lines + at}`;
      throw new InputError(`Cannot read ${where} as it is not well-formed CSV: ${messageOf(error)}.`);
    }
    for (const { record, info } of records) {
      const line = lines + info.lines;
      width ??= record.length;
      if (record.length !== width) {
        throw new InputError(
          `Cannot read ${file}:${line} as it is not well-formed CSV: it has ${record.length} fields, the header ${width}.`,
        );
      }
      yield { values: record, line };
    }
    for (let at = block.indexOf("\n"); at >= 0; at = block.indexOf("\n", at + 1)) lines++;
  }
}

/** The separator in the first line that is not blank. */
function delimiterOf(text: string): string {
  const first = Math.max(0, text.search(/\S/));
  const head = text.slice(text.lastIndexOf("\n", first) + 1, first) + text.slice(first).split("\n", 1)[0];
  return ["\t", ";"].find((separator) => head.includes(separator)) ?? ",";
}

/** Joins pieces to blocks that end after a line end outside of quoted fields, which have an even number of quotes before them. */
async function* wholeRecords(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let block = "", even = true;
  for await (const piece of pieces) {
    let end = 0;
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (code === QUOTE) even = !even;
      else if (even && code === LINE_END) end = i + 1;
    }
    const size = block.length + piece.length;
    // A record that is too long, with an unclosed quote, goes to the parser, which refuses it.
    if (end === 0 && size > 2 * BLOCK + LONGEST_RECORD) end = piece.length;
    if (end === 0 || size < BLOCK) {
      block += piece;
      continue;
    }
    yield block + piece.slice(0, end);
    block = piece.slice(end);
  }
  if (block !== "") yield block;
}

/** The column that each name means, or undefined for unknown names, which are reported once for each file. */
function columnsOf(
  names: readonly string[],
  where: string,
  options: TableOptions,
  reported: Set<string>,
): (string | undefined)[] {
  const { columns, synonyms = {}, others = [] } = options;
  const meanings = names.map((name) => {
    const exact = columns.find((column) => plain(column) === plain(name));
    return exact === undefined
      ? columns.filter((column) => synonyms[column]?.some((other) => plain(other) === plain(name)))
      : [exact];
  });
  const certain = meanings.flatMap((found) => found.length === 1 ? found : []);
  const chosen = meanings.map((found, i) => {
    const open = found.length === 1 ? found : found.filter((column) => !certain.includes(column));
    if (open.length > 1) {
      throw new InputError(
        `Cannot read ${where} as '${names[i]}' may mean ${open.join(" or ")}: name it after one of these columns.`,
      );
    }
    return open[0];
  });
  names.forEach((name, i) => {
    const column = chosen[i];
    const same = column === undefined ? [] : names.filter((_, j) => chosen[j] === column);
    if (same.length > 1) {
      const list = same.map((other) => `'${other}'`).join(", ");
      throw new InputError(
        `Cannot read ${where} as there must be one column '${column}': there are more (${list}). Remove or rename all but one.`,
      );
    }
    if (column !== undefined || reported.has(name)) return;
    reported.add(name);
    if (others.some((other) => plain(other) === plain(name))) return;
    options.onOddity({ kind: "unknown column, ignored", where, value: name });
  });
  return chosen;
}

/** Whether one of a table's column names means this column. */
export function hasColumn(names: readonly string[], column: string, synonyms: readonly string[] = []): boolean {
  return names.some((name) => [column, ...synonyms].some((known) => plain(known) === plain(name)));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s"_-]/g, "");
}

function rowOf(
  columns: readonly (string | undefined)[],
  values: readonly unknown[],
  line: number,
  where: string,
  { required }: TableOptions,
): TableRow {
  const fields = new Map<string, string>();
  columns.forEach((column, i) => {
    const value = values[i];
    if (column === undefined || value === null || value === undefined) return;
    if (typeof value !== "string" && !(typeof value === "number" && Number.isFinite(value))) {
      throw new InputError(
        `Cannot read ${where} as '${column}' must be a text: it is ${JSON.stringify(value).slice(0, 60)}.`,
      );
    }
    const text = String(value).trim();
    if (text !== "") fields.set(column, text);
  });
  for (const name of required) {
    if (!fields.has(name)) {
      throw new InputError(`Cannot read ${where} as '${name}' must be a text with something in it: it is missing.`);
    }
  }
  return { fields, line, where };
}

/** The lines of a table: entries, line numbers, and named splits. */
export interface Listed<Entry> {
  file: string;
  entries: Entry[];
  lines: number[];
  named: (string | undefined)[];
}

/** The place of an entry, for messages. */
export function placeOf({ file, lines }: Listed<unknown>, i: number): string {
  return `${file}:${lines[i]}`;
}

/** Number of lines that are checked to find out where relative paths start. */
const SAMPLE = 20;

/**
 * Resolves the paths of a table. Relative paths start at the table's folder, or at the root in which more of the first
 * files exist. A column is reported if none of its first files exists.
 *
 * @param listed the first lines, whose paths it resolves
 * @returns resolves those of a later line
 * @throws {InputError} if a root is not a folder, or a path is a URL or leaves the table's folder and all roots.
 */
async function placeFiles<Column extends string>(
  listed: Listed<Partial<Record<Column, string>>>,
  columns: readonly Column[],
  { roots = [], onOddity = () => {} }: LoadOptions,
): Promise<(i: number) => void> {
  for (const root of roots) {
    if ((await Deno.stat(root).catch(() => undefined))?.isDirectory) continue;
    throw new InputError(`Cannot use '${root}' as a root of the data as it must be a folder: there is none.`);
  }
  const allowed = [dirname(listed.file), ...roots].map((folder) =>
    normalize(`${folder}/.`).replace(/(?<=.)[\\/]$/, "")
  );
  const places = await Promise.all(columns.map(async (column) => {
    const sample = [...new Set(listed.entries.flatMap((entry) => entry[column] ?? []))];
    let base = allowed[0] as string, most = 0;
    for (const start of allowed) {
      let found = 0;
      for (const path of sample) if (await exists(joined(start, path))) found++;
      if (found > most) [base, most] = [start, found];
    }
    const searched = allowed.map((start) => `'${resolve(start)}'`).join(", ");
    const odd: Oddity | undefined = most > 0 || sample.length === 0 ? undefined : {
      kind:
        `'${column}' of the first lines not found: relative paths are searched in ${searched} (--data-root adds a folder)`,
      where: placeOf(listed, 0),
      value: sample[0] as string,
    };
    let last: string | undefined, full = ""; // descriptions of an image that follow each other share its path
    const place = (i: number) => {
      const entry = listed.entries[i]!, path = entry[column];
      if (path === undefined) return;
      if (path !== last) full = allowedPath(path, base, allowed, () => placeOf(listed, i));
      last = path;
      entry[column] = full;
    };
    return { odd, place };
  }));
  for (const { odd, place } of places) {
    listed.entries.forEach((_, i) => place(i));
    if (odd) onOddity(odd);
  }
  return (i) => places.forEach(({ place }) => place(i));
}

/**
 * Reads the lines of a table and resolves their paths line by line, so that a large table needs little memory. The default
 * id of an entry is `line-N`.
 *
 * @param paths the columns of paths
 * @throws {InputError} as {@link readTable} does; if a root is not a folder, or a path is a URL or leaves the table's folder
 * and all roots.
 */
export async function listEntries<Column extends string, Entry extends Partial<Record<Column, string>>>(
  file: string,
  settings: TableOptions,
  { paths, ...options }: LoadOptions & { paths: readonly Column[] },
  entryOf: (fields: Map<string, string>, id: string) => Entry,
): Promise<Listed<Entry>> {
  const listed: Listed<Entry> = { file, entries: [], lines: [], named: [] };
  let place: ((i: number) => void) | undefined;
  for await (const { fields, line } of tableRows(file, settings)) {
    const count = listed.entries.push(entryOf(fields, fields.get("id") ?? `line-${line}`));
    listed.lines.push(line);
    listed.named.push(fields.get("split"));
    if (place !== undefined) place(count - 1);
    else if (count === SAMPLE) place = await placeFiles(listed, paths, options);
  }
  if (place === undefined) await placeFiles(listed, paths, options);
  return listed;
}

function joined(folder: string, path: string): string {
  const plain = path.replaceAll("\\", "/");
  return isAbsolute(plain) ? normalize(plain) : join(folder, plain);
}

/** Whether a path certainly stays below the folder to which it is joined, and is normalized. */
function isPlain(path: string): boolean {
  return Deno.build.os !== "windows" && /^[^./\\:\0][^/\\:\0]*(\/[^./\\:\0][^/\\:\0]*)*$/.test(path);
}

function allowedPath(path: string, base: string, allowed: readonly string[], where: () => string): string {
  // Joined to a string of its own: a concatenation would hold its parts, twice the memory in a large table.
  if (isPlain(path)) return base === "." ? path : [base === "/" ? "" : base, path].join("/");
  const cannot = `Cannot use the path '${path.slice(0, 200)}' (${where()}) as it`;
  if (/^([a-z][a-z0-9+.-]+:\/\/|(data|file|https?):)/i.test(path)) {
    throw new InputError(`${cannot} is a URL: expected a file on this machine. Fetch the files, and list their paths.`);
  }
  const foreign = path.startsWith("\\\\") || (/^[a-z]:/i.test(path) && Deno.build.os !== "windows");
  const full = joined(base, path);
  if (
    !foreign && !path.includes("\0") && allowed.some((folder) => !/^(\.\.([\\/]|$)|$)/.test(pathFrom(folder, full)))
  ) {
    return full;
  }
  const [folder, ...roots] = allowed;
  throw new InputError(
    `${cannot} leaves the data set's folder '${folder}'${
      roots.length === 0 ? "" : ` and the roots '${roots.join("', '")}'`
    }: ` +
      `expected a path relative to '${folder}', inside of it, or one below a folder that --data-root names.`,
  );
}

/** The path of a file relative to a folder, with `/` as separator. Both are normalized. */
export function pathFrom(folder: string, file: string): string {
  if (file.startsWith(`${folder}/`)) return file.slice(folder.length + 1);
  if (folder === "." && !isAbsolute(file)) return file.replaceAll("\\", "/");
  return relative(folder, file).replaceAll("\\", "/");
}
