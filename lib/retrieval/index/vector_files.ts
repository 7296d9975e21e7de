/** Vectors in files that other tools read: `.npy` with a `.jsonl` of facts, `.jsonl`, and `.parquet`. */
import { InputError } from "../../errors.ts";
import { writeAll, writeFilesAtomic } from "../../files/atomic.ts";
import { streamJsonLines } from "../../files/json_lines.ts";
import { reading } from "../../files/read.ts";

/** What is known of a row, such as its path. */
export type Facts = Record<string, string | number>;

/** A row and what is known of it. All records of a file have the same facts. */
export interface VectorRecord {
  facts: Facts;
  vector: Float32Array;
}

/** Formats by ending. */
const WRITERS = { ".npy": writeNpy, ".jsonl": writeLines, ".parquet": writeParquet };

/** Checks the ending of a file that vectors are written to. */
export function vectorFormat(path: string): keyof typeof WRITERS {
  const ending = (Object.keys(WRITERS) as (keyof typeof WRITERS)[]).find((one) => path.endsWith(one));
  if (ending !== undefined) return ending;
  throw new InputError(`Cannot write '${path}' as its ending must be one of ${Object.keys(WRITERS).join(", ")}.`);
}

/**
 * Writes vectors, page by page. The files appear when they are whole.
 *
 * @returns the written files
 * @throws {InputError} if the ending is unknown or a file cannot be written.
 */
export async function writeVectors(
  path: string,
  width: number,
  pages: AsyncIterable<VectorRecord[]>,
): Promise<string[]> {
  const format = vectorFormat(path);
  const files = format === ".npy" ? [path, factsFile(path)] : [path];
  await writeFilesAtomic(files, (temporary) => WRITERS[format](temporary, width, pages));
  return files;
}

/** The file of facts next to a `.npy`. */
function factsFile(path: string): string {
  return path.replace(/\.npy$/, ".jsonl");
}

const encoder = new TextEncoder();

async function writeNpy(
  [path, facts]: string[],
  width: number,
  pages: AsyncIterable<VectorRecord[]>,
): Promise<void> {
  using rows = await Deno.open(path!, { write: true, createNew: true });
  using lines = await Deno.open(facts!, { write: true, createNew: true });
  let count = 0;
  await writeAll(rows, npyHeader(0, width));
  for await (const page of pages) {
    const values = new Float32Array(page.length * width);
    page.forEach(({ vector }, i) => values.set(vector, i * width));
    await writeAll(rows, new Uint8Array(values.buffer));
    await writeAll(lines, encoder.encode(page.map((record) => `${JSON.stringify(record.facts)}\n`).join("")));
    count += page.length;
  }
  await rows.seek(0, Deno.SeekMode.Start);
  await writeAll(rows, npyHeader(count, width));
}

/** Version 1.0 of NumPy's format; 128 bytes, whatever the number of rows. */
function npyHeader(rows: number, width: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${width}), }`.padEnd(117);
  return Uint8Array.from([0x93, ...encoder.encode("NUMPY"), 1, 0, 118, 0, ...encoder.encode(`${text}\n`)]);
}

async function writeLines([path]: string[], _width: number, pages: AsyncIterable<VectorRecord[]>): Promise<void> {
  using file = await Deno.open(path!, { write: true, createNew: true });
  for await (const page of pages) {
    const lines = page.map(({ facts, vector }) => `${JSON.stringify({ ...facts, embedding: [...vector] })}\n`);
    await writeAll(file, encoder.encode(lines.join("")));
  }
}

async function writeParquet([path]: string[], _width: number, pages: AsyncIterable<VectorRecord[]>): Promise<void> {
  const { fileWriter, ParquetWriter } = await import("hyparquet-writer");
  const file = fileWriter(path!);
  let writer: InstanceType<typeof ParquetWriter> | undefined;
  for await (const page of pages) {
    const facts = Object.entries(page[0]!.facts);
    writer ??= new ParquetWriter({
      writer: file,
      schema: [
        { name: "root", num_children: facts.length + 1 },
        ...facts.map(([name, value]) =>
          typeof value === "string"
            ? {
              name,
              type: "BYTE_ARRAY" as const,
              converted_type: "UTF8" as const,
              repetition_type: "REQUIRED" as const,
            }
            : { name, type: "DOUBLE" as const, repetition_type: "REQUIRED" as const }
        ),
        { name: "embedding", repetition_type: "REQUIRED", converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
      ],
    });
    await writer.write({
      columnData: [
        ...facts.map(([name]) => ({ name, data: page.map((record) => record.facts[name]!) })),
        { name: "embedding", data: page.map(({ vector }) => [...vector]) },
      ],
      rowGroupSize: page.length,
    });
  }
  if (writer === undefined) {
    throw new InputError("Cannot write a Parquet file as there is no vector: expected at least 1.");
  }
  await writer.finish();
}

/** Bytes of a number in a `.npy`, and how they are read. */
const NUMBERS = {
  "<f2": (bytes: ArrayBuffer) => Float32Array.from(new Float16Array(bytes)),
  "<f4": (bytes: ArrayBuffer) => new Float32Array(bytes),
  "<f8": (bytes: ArrayBuffer) => Float32Array.from(new Float64Array(bytes)),
};

/**
 * Reads a `.npy` of shape `[n, D]` and the `.jsonl` next to it, page by page. Rows are normalized to length 1.
 *
 * @throws {InputError} if a file is missing or malformed, the numbers of rows differ, or a row has no direction.
 */
export async function* readNpy(path: string, width: number, size = 1000): AsyncGenerator<VectorRecord[]> {
  const facts = () => streamJsonLines<Facts>(factsFile(path), ({ path }) => typeof path === "string");
  let rows = 0;
  for await (const _ of facts()) rows++;
  using file = await reading(path, () => Deno.open(path));
  const refuse = (why: string): never => {
    throw new InputError(
      `Cannot read '${path}' as ${why}: expected a NumPy file of shape (${rows}, ${width}), with ` +
        `a line of '${factsFile(path)}' for each row.`,
    );
  };
  const read = async (bytes: number): Promise<ArrayBuffer> => {
    const into = new Uint8Array(bytes);
    for (let done = 0; done < bytes;) {
      const more = await file.read(into.subarray(done));
      if (more === null) return refuse("it ends too early");
      done += more;
    }
    return into.buffer;
  };
  const start = new DataView(await read(12));
  if (start.getUint32(0) !== 0x934e554d) refuse("it is no NumPy file");
  const old = start.getUint8(6) === 1;
  const length = old ? start.getUint16(8, true) - 2 : start.getUint32(8, true);
  if (length > 1e6) refuse("its header is damaged");
  const header = new TextDecoder("latin1").decode(start.buffer.slice(old ? 10 : 12)) +
    new TextDecoder("latin1").decode(await read(length));
  const type = /'descr': *'([^']*)'/.exec(header)?.[1] ?? "";
  const shape = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1]?.split(",").map(Number).filter((n) => n > 0) ?? [];
  if (!Object.hasOwn(NUMBERS, type)) refuse(`its numbers are '${type}', not one of ${Object.keys(NUMBERS).join(", ")}`);
  if (header.includes("'fortran_order': True")) refuse("it is in Fortran order");
  if (shape.length !== 2 || shape[0] !== rows || shape[1] !== width) {
    refuse(`its shape is (${shape.join(", ")})`);
  }
  const lines = facts();
  for (let first = 0; first < rows; first += size) {
    const page: Facts[] = [];
    while (page.length < Math.min(size, rows - first)) {
      const { value, done } = await lines.next();
      if (done) return refuse("its lines changed while it was read");
      page.push(value);
    }
    const values = NUMBERS[type as keyof typeof NUMBERS](await read(page.length * width * Number(type[2])));
    yield page.map((facts, i) => {
      const vector = values.slice(i * width, (i + 1) * width);
      const norm = Math.hypot(...vector);
      if (!(norm > 0 && norm < Infinity)) refuse(`row ${first + i} has length ${norm}`);
      return { facts, vector: vector.map((value) => value / norm) };
    });
  }
}
