/** The table of an index against a ranking in memory, in both databases. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../../lib/errors.ts";
import { Random } from "../../../lib/random.ts";
import { exists } from "../../../lib/files/read.ts";
import { openStore } from "../../../lib/retrieval/index/open_index.ts";
import type { VectorStore } from "../../../lib/retrieval/index/store.ts";
import { Embeddings, rank } from "../../../lib/retrieval/rank.ts";
import { temporaryFolder } from "../../temporary.ts";
import { folderPlace, inEachDatabase, SERVER, serverPlace } from "./databases.ts";

const WIDTH = 24;
const facts = { model: "model-a", width: WIDTH, source: "runs/a" };

function randomRows(count: number, seed: number): Embeddings {
  const random = new Random(seed);
  const data = new Float32Array(count * WIDTH);
  for (let row = 0; row < count; row++) {
    const values = Array.from({ length: WIDTH }, () => random.normal());
    const length = Math.hypot(...values);
    data.set(values.map((value) => value / length), row * WIDTH);
  }
  return new Embeddings(data, [count, WIDTH]);
}

/** The directions of rows in half precision, as they are stored. */
function halves(rows: Embeddings): Embeddings {
  const data = Float32Array.from(new Float16Array(rows.data));
  const copy = new Embeddings(data, rows.shape);
  for (const row of copy) {
    const length = Math.hypot(...row);
    row.forEach((value, i) => row[i] = value / length);
  }
  return copy;
}

/** A file name that SQL, arrays and LIKE could misread. */
const ODD = `/photos/it's "a", {b} \\ 100%_ü.jpg`;
const imageOf = (i: number) => ({
  path: i === 0 ? ODD : `/photos/${i % 2 ? "odd" : "even"}/${i}.jpg`,
  size: i,
  modified: 1_700_000_000_000.25 + i,
});

/** With codes, the candidates are the rows whose signs differ least from the query's. */
async function assertCodes(store: VectorStore, query: Float32Array, rows: Embeddings): Promise<void> {
  const [near, ...all] = [query, ...rows].map((row) => Array.from(row, (value) => value > 0));
  const distances = all.map((code) => code.filter((bit, i) => bit !== near![i]).length);
  const sorted = distances.toSorted((a, b) => a - b);
  const count = sorted.findIndex((distance, i) => i >= 20 && distance > sorted[i - 1]!); // no tie at the border
  const found = await store.search(query, { top: 10, candidates: count });
  const right = rank([...halves(new Embeddings(query, [1, WIDTH]))][0]!, halves(rows))
    .filter(({ index }) => distances[index]! < sorted[count]!).slice(0, 10);
  assert.deepEqual(found.map(({ path }) => path), right.map(({ index }) => imageOf(index).path));
  assert.equal((await store.search(query, { top: 30, candidates: 1 })).length, 30, "there are enough candidates");
}

inEachDatabase("a search ranks as memory does, with its filters", async ({ place, name }) => {
  const rows = randomRows(300, 1), [query] = randomRows(1, 2);
  const images = Array.from({ length: 300 }, (_, i) => imageOf(i));
  const store = await openStore(place, { name, facts });
  try {
    await store.add(images, rows);
    const expected = rank([...halves(new Embeddings(query!, [1, WIDTH]))][0]!, halves(rows));
    const compare = async (options: object, kept: (i: number) => boolean, top = 10) => {
      const found = await store.search(query!, { top, ...options });
      const right = expected.filter(({ index }) => kept(index)).slice(0, top);
      assert.deepEqual(found.map(({ path }) => path), right.map(({ index }) => images[index]!.path));
      found.forEach(({ score, size, modified }, i) => {
        assert.ok(Math.abs(score - right[i]!.score) < 1e-4, `${score} is not ${right[i]!.score}`);
        assert.deepEqual([size, modified], [images[right[i]!.index]!.size, images[right[i]!.index]!.modified]);
      });
    };
    for (const [by, mostByGraph] of [["all vectors"], ["HNSW", 300], ["codes", 299]] as const) {
      if (mostByGraph !== undefined) assert.equal(await store.buildGraph(() => {}, 0, mostByGraph), true);
      assert.equal(await store.searchedBy(), by);
      await compare({ exact: true }, () => true);
      await compare({}, () => true); // 300 rows: HNSW finds them all
      await compare({ under: "/photos/odd" }, (i) => i % 2 === 1);
      await compare({ after: images[289]!.modified }, (i) => i > 289, 10);
      await compare({ minScore: 0.2 }, (i) => expected.find(({ index }) => index === i)!.score >= 0.2, 300);
    }
    assert.equal(await store.buildGraph(() => {}, 0), false, "it has codes, which are good for few images too");
    await assertCodes(store, query!, rows);

    // The same path has one row; a removed one is gone.
    const odd = (await store.search(rows.data.subarray(0, WIDTH), { top: 1 }))[0]!;
    assert.equal(odd.path, ODD);
    assert.deepEqual(await store.image(odd.id), imageOf(0));
    await store.add([{ ...imageOf(0), size: 7 }], randomRows(1, 3));
    assert.equal(await store.count(), 300);
    assert.equal((await store.image(odd.id))!.size, 7);
    await store.remove([ODD, "/photos/even/2.jpg"]);
    assert.equal(await store.image(odd.id), undefined);
    assert.deepEqual((await store.images("/photos/even")).length, 148);
    assert.deepEqual(await store.images("/photos/eve"), []);
    const all = (await Array.fromAsync(store.pages(70))).flat();
    assert.equal(all.length, 298);
    for (const { size: i, vector } of all) {
      vector.forEach((value, at) => assert.ok(Math.abs(value - rows.data[i * WIDTH + at]!) < 5e-4));
    }
    await assert.rejects(store.search(query!.subarray(1)), /Cannot search as a query must be 24 finite numbers/);
    await assert.rejects(store.search(query!, { top: 0 }), /'top' must be a positive whole number: it is 0/);
  } finally {
    await store.close();
  }
});

inEachDatabase("vectors of two models never mix", async ({ place, name }) => {
  const other = { model: "model-b", width: 3, source: { clip: "b", whisper: "w" } };
  await (await openStore(place, { name, facts: other })).close();
  const first = await openStore(place, { name, facts }); // an index without images takes another model
  await first.add([imageOf(1)], randomRows(1, 1));
  await first.close();
  await assert.rejects(
    openStore(place, { name, facts: other }),
    /of another model: runs\/a \(model-a\), and this is b with w \(model-b\)\. Choose another name .* --replace/,
  );
  const kept = await openStore(place, { name });
  assert.deepEqual(kept.facts, facts);
  await kept.close();
  const store = await openStore(place, { name, facts: other, replace: true });
  await store.add([imageOf(1)], [Float32Array.of(1, 0, 0)]);
  await store.close();
  const again = await openStore(place, { name, facts: other, replace: true });
  assert.equal(await again.count(), 1, "the same model is not replaced");
  await again.close();
});

inEachDatabase("an index that does not exist is not created by a search", async ({ place, name }) => {
  await assert.rejects(openStore(place, { name }), /does not exist: make it with deno task index/);
  await assert.rejects(openStore(place, { name }), InputError);
});

Deno.test("a folder is open in one process at a time", async () => {
  const { place } = await folderPlace();
  const store = await openStore(place, { facts });
  await assert.rejects(
    openStore(place, { facts }),
    /Cannot open the index .* as another process has it open \(process \d+ on .*\): stop that one first/,
  );
  await store.close();
  await (await openStore(place, { facts })).close();
});

Deno.test("a process that is killed while it adds loses no batch that it has stored", async () => {
  const { place } = await folderPlace();
  const script = join(await temporaryFolder(), "add.ts");
  const module = import.meta.resolve("../../../lib/retrieval/index/open_index.ts");
  await Deno.writeTextFile(
    script,
    `import { openStore } from ${JSON.stringify(module)};
     const store = await openStore(Deno.args[0], { facts: { model: "model-a", width: 24, source: "runs/a" } });
     let next = await store.count();
     for (;; next += 50) {
       const images = Array.from({ length: 50 }, (_, i) => ({ path: "/" + (next + i), size: 1, modified: 1 }));
       await store.add(images, images.map(() => new Float32Array(24).fill(1)));
       console.log(next + 50);
     }`,
  );
  let least = 0;
  for (const batches of [1, 4, 9]) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "--no-check", "-c", "deno.json", script, place],
      stdout: "piped",
    }).spawn();
    let seen = 0;
    for await (const line of child.stdout.pipeThrough(new TextDecoderStream())) {
      const told = line.trim().split("\n").at(-1)!;
      least = Math.max(least, Number(told));
      if (++seen >= batches) child.kill("SIGKILL");
    }
    await child.status;
    const store = await openStore(place, { facts });
    const count = await store.count();
    assert.ok(count >= least && count % 50 === 0, `${count} images after ${least} were reported`);
    await store.close();
  }
  // A process that was killed before the folder was whole.
  const half = (await folderPlace()).place;
  await Deno.mkdir(join(half, "data.new"), { recursive: true });
  await Deno.writeTextFile(join(half, "data.new", "PG_VERSION"), "18");
  await assert.rejects(openStore(half), /does not exist/);
  await (await openStore(half, { facts })).close();
});

Deno.test({
  name: "a full disk is reported while an index is made, and nothing is left behind",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { place } = await folderPlace();
    const module = import.meta.resolve("../../../lib/retrieval/index/open_index.ts");
    const script = `import { openStore } from ${JSON.stringify(module)};
      await openStore(${JSON.stringify(place)}, { facts: ${
      JSON.stringify(facts)
    } }).catch(({ name, message }) => console.log(name, message));`;
    const file = join(await temporaryFolder(), "make.ts");
    await Deno.writeTextFile(file, script);
    const limited =
      `trap '' XFSZ; ulimit -f 1000; exec '${Deno.execPath()}' run -q -A --no-check -c deno.json '${file}'`;
    const { stdout } = await new Deno.Command("/bin/sh", { args: ["-c", limited] }).output();
    assert.match(
      new TextDecoder().decode(stdout),
      /^InputError Cannot write the index in '.*' as its disk is full, or .* limit is reached: free some space\./,
    );
    assert.equal(await exists(place), false);
  },
});

Deno.test("files that are no database are reported, and left as they are", async () => {
  const { place } = await folderPlace();
  await Deno.mkdir(join(place, "data"), { recursive: true });
  await Deno.writeTextFile(join(place, "data", "PG_VERSION"), "12\n");
  await assert.rejects(openStore(place, { facts }), /as its files are damaged .*: delete the folder and index again/);
  assert.equal(await Deno.readTextFile(join(place, "data", "PG_VERSION")), "12\n");
});

Deno.test({
  name: "a server: two indexers, no pgvector, a wrong address",
  ignore: SERVER === undefined,
  async fn() {
    const { place, name } = serverPlace();
    const first = await openStore(place, { name, facts }), second = await openStore(place, { name, facts });
    const held = await first.lock();
    await assert.rejects(second.lock(), /Cannot change the index .* as another process is changing it/);
    await held[Symbol.asyncDispose]();
    await (await second.lock())[Symbol.asyncDispose]();
    await first.close();
    await second.close();

    const { openServer } = await import("../../../lib/retrieval/index/sql.ts");
    const admin = await openServer(place);
    const [database, role] = [`bare_${name.replaceAll("-", "_")}`, `guest_${name.replaceAll("-", "_")}`];
    await admin.run(`create database ${database}`);
    await admin.run(`create role ${role} login`);
    const bare = new URL(place);
    bare.pathname = `/${database}`;
    bare.username = role;
    await assert.rejects(
      openStore(bare.href, { facts }),
      new RegExp(`no pgvector \\(permission denied.*postgresql-17-pgvector.*create extension vector;`),
    );
    await admin.run(`drop database ${database}`);
    await admin.run(`drop role ${role}`);
    await admin.close();
    bare.pathname = "/nowhere";
    bare.username = "brewclip";
    await assert.rejects(
      openStore(bare.href, { facts }),
      /Cannot use the database .*"nowhere" does not exist.*Check its address/,
    );
    await assert.rejects(
      openStore(`${place}?default_transaction_read_only=on`, { name: `${name}-new`, facts }),
      /Cannot change the database .* as it is read-only, such as a replica: .* the primary server/,
    );
    await assert.rejects(
      openStore("postgres://me@127.0.0.1:1/x", { facts }),
      /Cannot use the database 127\.0\.0\.1:1\/x/,
    );
  },
});
