/** The table of an index: a path, a size, a modification time and a vector for each image. */
import { dirname, join } from "@std/path";
import { InputError, messageOf } from "../../errors.ts";
import type { ModelNames } from "../source.ts";
import { MissingIndex, type RunSql, type Sql } from "./sql.ts";

/** An image of an index. */
export interface IndexedImage {
  /** Absolute path. */
  path: string;
  /** Bytes. */
  size: number;
  /** Modification time, in milliseconds since 1970. */
  modified: number;
}

/** An image that was found. */
export interface IndexMatch extends IndexedImage {
  /** A number that names the image in this index. */
  id: number;
  /** The cosine of its angle with the query, in [-1, 1]. */
  score: number;
}

/** How to search. */
export interface SearchOptions {
  /** The largest number of matches. Default 10. */
  top?: number;
  /** Only images with at least this score. Default all. */
  minScore?: number;
  /** Only images below this folder. */
  under?: string;
  /** Only images modified after this time, in milliseconds since 1970. */
  after?: number;
  /** Compares the query with every image, even in a large index. Default false. */
  exact?: boolean;
  /**
   * The candidates that a large index compares: more is slower and finds more of the nearest. Default 800 with HNSW, 2000
   * with codes.
   */
  candidates?: number;
}

/** What an index's vectors are. */
export interface IndexFacts {
  /** {@link RetrievalModel.fingerprint} of the model that made them. */
  model: string;
  /** Their width D. */
  width: number;
  /** How to load the model again. */
  source: string | ModelNames;
}

const FORMAT = 1;

/** Images above which HNSW with its largest `ef_search` misses more than a fiftieth of the nearest: codes are used. */
const CODES_ABOVE = 200_000;

/** Bytes of an image in a graph that is built, besides its vector. A graph that outgrows its memory takes hours. */
const NODE = 1000;

/** A row of `brewclip.indexes`. */
interface Row {
  format: number;
  model: string;
  width: number;
  type: string;
  source: string;
}

/** The vectors of one index. */
export class VectorStore {
  readonly facts: IndexFacts;
  readonly #sql: Sql;
  readonly #table: string;
  /** `halfvec`, or `vector` if the extension is older than 0.7. */
  readonly #type: string;

  private constructor(sql: Sql, name: string, { model, width, type, source }: Row) {
    this.#sql = sql;
    this.#table = tableOf(name);
    this.#type = type;
    this.facts = { model, width, source: JSON.parse(source) };
  }

  /**
   * Opens the index of a name, or creates it.
   *
   * @param wanted what a new index is for. Without it the index must exist.
   * @param replace removes the vectors of another model; an index without images is of no model
   * @throws {InputError} if it does not exist, belongs to another model, or the database has no pgvector.
   */
  static async open(sql: Sql, name: string, wanted?: IndexFacts, replace = false): Promise<VectorStore> {
    if (!/^[\w.-]{1,40}$/.test(name)) {
      throw new InputError(
        `Cannot open the index '${name}' as its name must be 1 to 40 letters, digits, '-', '_' or '.'.`,
      );
    }
    const [known] = await sql.run<{ indexes: string | null }>(
      "select to_regclass('brewclip.indexes')::text as indexes",
    );
    const find = () => sql.run<Row>("select * from brewclip.indexes where name = $1", [name]);
    let [row]: (Row | undefined)[] = known?.indexes === null ? [] : await find();
    const another = row !== undefined && wanted !== undefined && row.model !== wanted.model;
    if (another && (replace || (await sql.run(`select from ${tableOf(name)} limit 1`)).length === 0)) {
      await sql.transaction(async (run) => {
        await run(`drop table ${tableOf(name)}`);
        await run("delete from brewclip.indexes where name = $1", [name]);
      });
      row = undefined;
    }
    if (row === undefined) {
      if (wanted === undefined) {
        throw new MissingIndex(`'${name}' in ${sql.place}`);
      }
      await create(sql, name, wanted);
      [row] = await find();
    }
    if (row!.format !== FORMAT) {
      throw new InputError(
        `Cannot open the index '${name}' in ${sql.place} as its format is ${
          row!.format
        }: expected ${FORMAT}. Update this program.`,
      );
    }
    const store = new VectorStore(sql, name, row!);
    if (wanted !== undefined && wanted.model !== store.facts.model) {
      throw new InputError(
        `Cannot use the index '${name}' in ${sql.place} as its vectors are of another model: ${
          describeSource(store.facts.source)
        } (${store.facts.model}), and this is ${describeSource(wanted.source)} (${wanted.model}). ` +
          "Choose another name with --index, or start this one over with --replace.",
      );
    }
    return store;
  }

  /** The number of images. */
  async count(): Promise<number> {
    const [row] = await this.#sql.run<{ n: number }>(`select count(*)::int as n from ${this.#table}`);
    return row!.n;
  }

  /**
   * Keeps other processes from changing the index. A folder is locked already.
   *
   * @throws {InputError} if another process changes it.
   */
  async lock(): Promise<AsyncDisposable> {
    const key = "hashtext('brewclip'), hashtext($1)";
    const [row] = await this.#sql.run<{ held: boolean }>(`select pg_try_advisory_lock(${key}) as held`, [this.#table]);
    if (!row!.held) {
      throw new InputError(
        `Cannot change the index in ${this.#sql.place} as another process is changing it: wait until it ends.`,
      );
    }
    return {
      [Symbol.asyncDispose]: async () => void await this.#sql.run(`select pg_advisory_unlock(${key})`, [this.#table]),
    };
  }

  /** Adds images, or replaces those of the same path. All or none are stored. */
  async add(images: readonly IndexedImage[], vectors: Iterable<Float32Array>): Promise<void> {
    const texts = Array.from(vectors, vectorText);
    await this.#sql.run(
      `insert into ${this.#table} (path, size, modified, embedding)
       select path, size, modified, embedding::${this.#type}
       from unnest($1::text[], $2::float8[], $3::float8[], $4::text[]) as new (path, size, modified, embedding)
       on conflict (path) do update
       set size = excluded.size, modified = excluded.modified, embedding = excluded.embedding`,
      [images.map(({ path }) => path), images.map(({ size }) => size), images.map(({ modified }) => modified), texts],
    );
  }

  /** Removes images. */
  async remove(paths: readonly string[]): Promise<void> {
    await this.#sql.run(`delete from ${this.#table} where path = any($1::text[])`, [paths]);
  }

  /** The images below a folder, or all, without their vectors. */
  async images(under?: string): Promise<IndexedImage[]> {
    return await this.#sql.run<IndexedImage>(
      `select path, size, modified from ${this.#table} where starts_with(path, $1) order by path`,
      [under === undefined ? "" : below(under)],
    );
  }

  /** The image of an id. */
  async image(id: number): Promise<IndexedImage | undefined> {
    const [row] = await this.#sql.run<IndexedImage>(
      `select path, size, modified from ${this.#table} where id = $1`,
      [id],
    );
    return row;
  }

  /** The lowest folder that all images are below; undefined without images. */
  async folder(): Promise<string | undefined> {
    const [row] = await this.#sql.run<{ first: string | null; last: string | null }>(
      `select min(path) as first, max(path) as last from ${this.#table}`,
    );
    if (row?.first == null || row.last === null) return undefined;
    let folder = dirname(row.first);
    while (!row.last.startsWith(join(folder, "/"))) folder = dirname(folder); // what the first and last share, all share
    return folder;
  }

  /** All images with their vectors, ordered by path, some at a time. */
  async *pages(size = 1000): AsyncGenerator<(IndexedImage & { vector: Float32Array })[]> {
    let last = "";
    while (true) {
      const rows = await this.#sql.run<IndexedImage & { embedding: string }>(
        `select path, size, modified, embedding::text as embedding from ${this.#table}
         where path > $1 order by path limit $2`,
        [last, size],
      );
      if (rows.length === 0) return;
      yield rows.map(({ embedding, ...image }) => ({ ...image, vector: Float32Array.from(JSON.parse(embedding)) }));
      last = rows.at(-1)!.path;
    }
  }

  /**
   * Finds the images most similar to a query, best first.
   *
   * @throws {InputError} if the query has another width, or an option is out of range.
   */
  async search(query: Float32Array, options: SearchOptions = {}): Promise<IndexMatch[]> {
    const { top = 10, minScore = -2, under, after = -Infinity, exact = false } = options;
    if (query.length !== this.facts.width || !query.every(Number.isFinite)) {
      throw new InputError(
        `Cannot search as a query must be ${this.facts.width} finite numbers: it is ${query.length} values.`,
      );
    }
    if (!(Number.isInteger(top) && top >= 1)) {
      throw new InputError(`Cannot search as 'top' must be a positive whole number: it is ${top}.`);
    }
    const coded = !exact && await this.#has(codesOf);
    const { candidates = coded ? 2000 : 800 } = options;
    // What is always true is left out by the planner, so that the codes are read from their index alone.
    const filter = "($2::text = '' or starts_with(path, $2)) and ($3::float8 = '-infinity' or modified > $3)";
    const near = `select id from ${this.#table} where ${filter}
      order by bits <~> binary_quantize($1::text::halfvec)::bit(${this.facts.width}) limit ${
      Math.max(candidates, 2 * top)
    }`;
    return await this.#sql.transaction(async (run) => {
      if (exact) await run("set local enable_indexscan = off");
      else if (!coded) {
        await run(`set local hnsw.ef_search = ${Math.min(1000, Math.max(candidates, 2 * top))}`);
        await run("set local hnsw.iterative_scan = strict_order"); // so that filters leave enough
      }
      return await run<IndexMatch>(
        `select id, path, size, modified, 1 - distance as score
         from (
           select id, path, size, modified, embedding <=> $1::text::${this.#type} as distance
           from ${this.#table} ${coded ? `join (${near}) as near using (id)` : `where ${filter}`}
           order by distance limit $4
         ) as nearest
         where 1 - distance >= $5::float8 order by distance, path`,
        [vectorText(query), under === undefined ? "" : below(under), after, top, minScore],
      );
    });
  }

  /** What a query that is not exact uses. */
  async searchedBy(): Promise<"all vectors" | "HNSW" | "codes"> {
    return await this.#has(codesOf) ? "codes" : await this.#has(graphOf) ? "HNSW" : "all vectors";
  }

  async #has(nameOf: (table: string) => string): Promise<boolean> {
    const [row] = await this.#sql.run<{ name: string | null }>("select to_regclass($1)::text as name", [
      `brewclip.${nameOf(this.#table)}`,
    ]);
    return row!.name !== null;
  }

  /**
   * Builds what makes the search of a large index in a server fast, unless it has it: HNSW, or with even more images codes,
   * the signs of all vectors. Codes are 16 times smaller than halves, and a query compares the nearest 2000 by their vectors.
   *
   * @param onStart called before it takes minutes
   * @param least images that need none. Default those of the database
   * @param mostByGraph images that HNSW is good for
   */
  async buildGraph(
    onStart: (images: number) => void = () => {},
    least = this.#sql.graphAbove,
    mostByGraph = CODES_ABOVE,
  ): Promise<boolean> {
    const images = await this.count(), now = await this.searchedBy();
    const table = this.#table, halves = this.#type === "halfvec"; // `binary_quantize` is as old as they are
    const wanted = images > mostByGraph && halves ? "codes" : "HNSW";
    if (images <= least || now === "codes" || now === wanted) return false;
    onStart(images);
    await this.#sql.transaction(async (run) => {
      if (wanted === "codes") {
        await run(`drop index if exists brewclip.${graphOf(table)}`);
        const { width } = this.facts;
        await run(
          `alter table ${table} add column if not exists bits bit(${width})
           generated always as (binary_quantize(embedding)::bit(${width})) stored`,
        );
        await run(`create index ${codesOf(table)} on ${table} (id) include (bits)`);
        return;
      }
      const bytes = images * (this.facts.width * (halves ? 2 : 4) + NODE);
      await run(`set local maintenance_work_mem = '${64 + Math.ceil(bytes / 2 ** 20)}MB'`);
      await run(`create index ${graphOf(table)} on ${table} using hnsw (embedding ${this.#type}_cosine_ops)`);
    });
    await this.#sql.run(`vacuum analyze ${table}`); // the index of the codes alone is read only if rows are known as visible
    return true;
  }

  /** Writes what is pending and closes the database. */
  async close(): Promise<void> {
    await this.#sql.close();
  }
}

async function create(sql: Sql, name: string, { model, width, source }: IndexFacts): Promise<void> {
  const version = await extension(sql);
  const type = version >= 0.7 ? "halfvec" : "vector";
  await sql.transaction(async (run: RunSql) => {
    await run("create schema if not exists brewclip");
    await run(
      `create table if not exists brewclip.indexes
       (name text primary key, format int not null, model text not null, width int not null, type text not null,
        source text not null)`,
    );
    await run("insert into brewclip.indexes values ($1, $2, $3, $4, $5, $6)", [
      name,
      FORMAT,
      model,
      width,
      type,
      JSON.stringify(source),
    ]);
    await run(
      `create table ${tableOf(name)}
       (id int generated always as identity primary key, path text collate "C" not null unique, size float8 not null,
        modified float8 not null, embedding ${type}(${width}) not null)`,
    );
  });
}

/**
 * The version of pgvector, such as 0.8.
 *
 * @throws {InputError} if the database has none, and this user may not create it.
 */
async function extension(sql: Sql): Promise<number> {
  await sql.run("create extension if not exists vector").catch((error) => {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `Cannot make an index in ${sql.place} as it has no pgvector (${
        messageOf(error)
      }): install the package, such as ` +
        "postgresql-17-pgvector of Debian, and run, as the owner of the database: create extension vector;",
    );
  });
  const [row] = await sql.run<{ version: string }>(
    "select extversion as version from pg_extension where extname = 'vector'",
  );
  return Number.parseFloat(row!.version);
}

const tableOf = (name: string): string => `brewclip."images ${name}"`;

const graphOf = (table: string): string => `"${table.split('"')[1]} hnsw"`;

const codesOf = (table: string): string => `"${table.split('"')[1]} codes"`;

/** A folder as the beginning of the paths below it. */
function below(folder: string): string {
  const separator = Deno.build.os === "windows" ? "\\" : "/";
  return folder.endsWith(separator) ? folder : `${folder}${separator}`;
}

/** A vector as pgvector reads it. Seven decimals are more than a half or a unit vector's float has, and parsed fast. */
const vectorText = (vector: Float32Array): string => `[${Array.from(vector, (x) => Math.round(x * 1e7) / 1e7).join()}]`;

/** A model in words. */
export function describeSource(source: string | ModelNames): string {
  return typeof source === "string" ? source : `${source.clip} with ${source.whisper}`;
}
