/**
 * Measures an index of synthetic vectors: time to build, disk, memory, time of a query, and how many of the exact ten
 * nearest HNSW or codes find. Prints a Markdown table: `deno run -P=bench tests/bench/index_sizes.ts --sizes 10000,100000`. With
 * `--database postgres://...` and `--allow-net=HOST:PORT` it measures a server.
 *
 * @module
 */
import { join } from "@std/path";
import { Command } from "commander";
import { nonEmpty, parserOf, wholeNumber } from "../../lib/cli/options.ts";
import { openStore } from "../../lib/retrieval/index/open_index.ts";
import { openServer } from "../../lib/retrieval/index/sql.ts";
import type { VectorStore } from "../../lib/retrieval/index/store.ts";
import { Random } from "../../lib/random.ts";

const { sizes, width, queries, database, candidates, codes, exact: only, folder } = new Command("index_sizes")
  .description("Measure indexes of synthetic vectors")
  .option("--sizes <numbers>", "numbers of vectors, between commas", parserOf({ kind: "names" }), ["10000", "100000"])
  .option("--width <n>", "width of the vectors", wholeNumber(2), 512)
  .option("--queries <n>", "queries of each measurement", wholeNumber(10), 200)
  .option("--codes", "codes in place of HNSW")
  .option(
    "--candidates <numbers>",
    "HNSW's ef_search, or the images that are compared after their codes",
    parserOf({ kind: "names" }),
    ["40", "100", "200", "400"],
  )
  .option("--exact", "no HNSW")
  .option("--database <address>", "a PostgreSQL server instead of PGlite", nonEmpty)
  .option("--folder <dir>", "where PGlite keeps its data; removed again", nonEmpty, "runs/bench/index")
  .parse(["deno", "index_sizes", ...Deno.args])
  .opts<{
    sizes: string[];
    width: number;
    queries: number;
    candidates: string[];
    codes?: true;
    exact?: true;
    database?: string;
    folder: string;
  }>();

/** Directions in which the vectors differ. Embeddings of images vary in far fewer directions than they have numbers. */
const DIRECTIONS = 64;

/** Vectors around a common mean, as CLIP's are, that vary in {@link DIRECTIONS} directions and a little in all others. */
function synthetic(random: Random): () => Float32Array {
  const basis = Array.from({ length: DIRECTIONS }, () => Float32Array.from({ length: width }, () => random.normal()));
  return () => {
    const row = new Float32Array(width).fill(3);
    for (const direction of basis) {
      const share = random.normal();
      for (let i = 0; i < width; i++) row[i]! += share * direction[i]!;
    }
    for (let i = 0; i < width; i++) row[i]! += random.normal();
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  };
}

async function time<T>(work: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const start = performance.now();
  const result = await work();
  return [(performance.now() - start) / 1000, result];
}

interface Timed {
  median: number;
  p99: number;
  ids: number[][];
}

async function ask(store: VectorStore, rows: readonly Float32Array[], options: object): Promise<Timed> {
  const times: number[] = [], ids: number[][] = [];
  for (const row of rows) {
    const [seconds, matches] = await time(() => store.search(row, { top: 10, ...options }));
    times.push(seconds * 1000);
    ids.push(matches.map(({ id }) => id));
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { median: at(0.5), p99: at(0.99), ids };
}

async function bytesOf(path: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    bytes += isDirectory ? await bytesOf(join(path, name)) : (await Deno.stat(join(path, name))).size;
  }
  return bytes;
}

/** Table and graph of an index in a server. */
async function bytesIn(address: string, size: number): Promise<number> {
  const sql = await openServer(address);
  const [row] = await sql.run<{ bytes: string }>("select pg_total_relation_size($1::regclass)::text as bytes", [
    `brewclip."images bench-${size}"`,
  ]);
  await sql.close();
  return Number(row!.bytes);
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

console.log("| vectors | what | build, s | disk, MB | memory, MB | query median, ms | p99, ms | recall@10 |");
console.log("| --: | --- | --: | --: | --: | --: | --: | --: |");
for (const size of sizes.map(Number)) {
  const random = new Random(size);
  const draw = synthetic(random);
  const place = database ?? folder;
  if (database === undefined) await Deno.remove(folder, { recursive: true }).catch(() => {});
  const facts = { model: "synthetic", width, source: "synthetic" };
  const open = () => openStore(place, { name: `bench-${size}`, facts, replace: true });
  let store = await open();
  if (await store.count() > 0) throw new Error(`the index bench-${size} exists: drop it`);
  let insert = 0;
  for (let first = 0; first < size; first += 1000) {
    const rows = Array.from({ length: Math.min(1000, size - first) }, draw);
    const images = rows.map((_, i) => ({ path: `/synthetic/${first + i}.jpg`, size: 1, modified: 1 }));
    insert += (await time(() => store.add(images, rows)))[0];
  }
  const asked = Array.from({ length: queries }, draw);
  const show = async (what: string, build: number, { median, p99 }: Timed, recall: number) => {
    const disk = megabytes(database === undefined ? await bytesOf(folder) : await bytesIn(database, size));
    const memory = database === undefined ? megabytes(Deno.memoryUsage().rss) : ""; // the server's is its own
    const cells = [size, what, build.toFixed(0), disk, memory, median.toFixed(1), p99.toFixed(1), recall.toFixed(3)];
    console.log(`| ${cells.join(" | ")} |`);
  };
  const exact = await ask(store, asked, { exact: true });
  await show("exact", insert, exact, 1);
  const [build] = only ? [0] : await time(() => store.buildGraph(undefined, 0, codes ? 0 : Infinity));
  for (const ef of only ? [] : candidates.map(Number)) {
    const found = await ask(store, asked, { candidates: ef });
    const hits = found.ids.flatMap((ids, i) => ids.filter((id) => exact.ids[i]!.includes(id))).length;
    await show(
      codes ? `codes, ${ef} compared` : `HNSW, ef_search ${ef}`,
      insert + build,
      found,
      hits / exact.ids.flat().length,
    );
  }
  await store.close();
  const [seconds] = await time(async () => store = await open());
  console.log(`| ${size} | opened again | ${seconds.toFixed(1)} | | ${megabytes(Deno.memoryUsage().rss)} | | | |`);
  await store.close();
  if (database === undefined) await Deno.remove(folder, { recursive: true });
}
