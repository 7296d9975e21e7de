import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { InputError } from "../../lib/errors.ts";
import { DATA_SOURCES, type DataSource } from "../../lib/hub/data_sources.ts";
import { describeSource } from "../../lib/hub/data_sources.ts";
import { fetchRecordings, listRecordings } from "../../lib/hub/fetch_data.ts";
import { fetchSource } from "../../lib/hub/fetch_data.ts";
import { TransferError } from "../../lib/hub/transfer.ts";
import { inFolder } from "../helpers.ts";
import { digestByProgram, type FileServer, noise, serveFiles } from "./file_server.ts";

const BYTES = noise(2_000_000, 1);
const quick = { pause: 1 };

/** A data set on a server of this machine. */
async function sourceOn(server: FileServer): Promise<DataSource> {
  const digits = await digestByProgram("md5sum", BYTES);
  const file = (name: string) => ({
    name,
    url: `${server.address}/${name}`,
    holds: "things",
    gives: name.replace(".zip", ""),
  });
  return {
    name: "flickr8k",
    title: "Test",
    pages: ["https://example.org"],
    license: ["none"],
    files: [
      { ...file("a.zip"), bytes: BYTES.length, checksum: { algorithm: "md5", digits }, checksumBy: "publisher" },
      file("dead.zip"),
      { ...file("copy.zip"), copy: true },
      file("z.zip"),
    ],
    layout: [],
    size: "2 MB",
    folder: "data/test",
    notes: [],
  };
}

Deno.test("files are fetched; a dead link is reported and the rest continues; copies are fetched only on request", async () => {
  await using server = serveFiles({ "/a.zip": BYTES, "/copy.zip": noise(9, 1), "/z.zip": noise(8, 2) });
  server.faults.set("/a.zip", [{ kind: "cut", bytes: 900_000 }]);
  await inFolder(async (folder) => {
    const source = await sourceOn(server);
    const first = await fetchSource(source, folder, quick);
    assert.deepEqual(first.map(({ outcome }) => outcome), ["fetched", "failed", "copy", "fetched"]);
    assert.deepEqual(first.map(({ checked }) => checked), [true, false, false, false]);
    assert.match(first[1]!.problem!, /answers 404 \(there is no such file\)/);
    assert.deepEqual(await Deno.readFile(join(folder, "a.zip")), BYTES);
    assert.match(server.seen[1]!.range!, /^bytes=\d+-$/);

    await Deno.remove(join(folder, "z.zip"));
    await Deno.mkdir(join(folder, "z")); // unpacked, and the archive thrown away
    const second = await fetchSource(source, folder, { ...quick, copies: true });
    assert.deepEqual(second.map(({ outcome }) => outcome), ["there", "failed", "fetched", "there"]);
  });
});

Deno.test("a file whose checksum differs is refused, and one file can be asked for", async () => {
  await using server = serveFiles({ "/a.zip": BYTES, "/z.zip": noise(8, 2) });
  server.faults.set("/a.zip", [{ kind: "corrupt" }, { kind: "corrupt" }]);
  await inFolder(async (folder) => {
    const source = await sourceOn(server);
    const [only, ...none] = await fetchSource(source, folder, { ...quick, only: ["a.zip"] });
    assert.equal(none.length, 0);
    assert.equal(only!.outcome, "failed");
    assert.match(only!.problem!, /its MD5 is [0-9a-f]{32}: [0-9a-f]{32} is published/);
    assert.ok(!await exists(join(folder, "a.zip")));
  });
});

Deno.test("a mirror serves the files by their names, copies too", async () => {
  await using mirror = serveFiles({ "/flickr/a.zip": BYTES, "/flickr/copy.zip": noise(9, 1) });
  await using dead = serveFiles({});
  await inFolder(async (folder) => {
    const results = await fetchSource(await sourceOn(dead), folder, { ...quick, mirror: `${mirror.address}/flickr/` });
    assert.deepEqual(results.map(({ outcome }) => outcome), ["fetched", "failed", "fetched", "failed"]);
    assert.equal(dead.seen.length, 0);
  });
});

const LINES = ["coco_val/coco_val_1_1.ogg", "coco_val/coco_val_2_1.ogg", "coco_val/coco_val_1_1.ogg"]
  .map((voice_recording) => JSON.stringify({ caption: "ä b\u2028c", voice_recording })).join("\r\n");

Deno.test("recordings are fetched by the lists that name them, each once, and continued", async () => {
  await using server = serveFiles({ "/v/coco_val/coco_val_1_1.ogg": noise(5000, 1) });
  const published = { lists: ["train.jsonl", "val.jsonl"], url: `${server.address}/v`, count: 2 };
  await inFolder(async (folder) => {
    assert.deepEqual(await listRecordings(published, folder), []);
    await Deno.writeTextFile(join(folder, "val.jsonl"), `${LINES}\n\n`);
    const names = await listRecordings(published, folder);
    assert.deepEqual(names, ["coco_val/coco_val_1_1.ogg", "coco_val/coco_val_2_1.ogg"]);
    const first = await fetchRecordings(published, names, folder, quick);
    assert.deepEqual([first.fetched, first.there, first.failed.length], [1, 0, 1]);
    assert.equal(first.failed[0]!.recording, "coco_val/coco_val_2_1.ogg");
    assert.match(first.failed[0]!.problem, /404/);
    assert.deepEqual(await Deno.readFile(join(folder, "coco_val/coco_val_1_1.ogg")), noise(5000, 1));
    server.files.set("/v/coco_val/coco_val_2_1.ogg", noise(6000, 2));
    const second = await fetchRecordings(published, names, folder, quick);
    assert.deepEqual([second.fetched, second.there, second.failed.length], [1, 1, 0]);
  });
});

Deno.test("where the first recordings are all dead, the rest is not tried", async () => {
  await using server = serveFiles({});
  const published = { lists: [], url: server.address, count: 1000 };
  const names = Array.from({ length: 1000 }, (_, i) => `coco_val/${i}.ogg`);
  await inFolder(async (folder) => {
    await assert.rejects(fetchRecordings(published, names, folder, quick), TransferError);
    assert.ok(server.seen.length < 60, `${server.seen.length} requests`);
  });
});

Deno.test("a list cannot lead out of the folder", async () => {
  const published = { lists: ["l.jsonl"], url: "http://127.0.0.1", count: 1 };
  const bad = [
    "../a.ogg",
    "/etc/a.ogg",
    "a/../../b.ogg",
    "http://x/a.ogg",
    "a//b.ogg",
    "",
    "a\\b.ogg",
    "a.ogg?x",
    3,
    null,
  ];
  await inFolder(async (folder) => {
    for (const voice_recording of bad) {
      await Deno.writeTextFile(join(folder, "l.jsonl"), JSON.stringify({ voice_recording }));
      await assert.rejects(listRecordings(published, folder), (error: Error) => {
        assert.ok(error instanceof InputError);
        return /l\.jsonl:1 as 'voice_recording' must be/.test(error.message);
      });
    }
    await Deno.writeTextFile(join(folder, "l.jsonl"), "{");
    await assert.rejects(listRecordings(published, folder), /:1 as it is not JSON/);
  });
});

Deno.test("the description of every published set is complete and well-formed", () => {
  for (const source of DATA_SOURCES) {
    const text = describeSource(source, "data/x");
    assert.ok(text.includes(`deno task data check ${source.name} --data-root data/x`));
    for (const page of source.pages) assert.match(page, /^https:\/\//);
    for (const file of source.files) {
      assert.ok(text.includes(file.url));
      assert.equal(decodeURIComponent(new URL(file.url).pathname.split("/").at(-1)!), file.name);
      const length = { md5: 32, sha256: 64, git: 40 };
      if (file.checksum !== undefined) {
        assert.match(file.checksum.digits, new RegExp(`^[0-9a-f]{${length[file.checksum.algorithm]}}$`));
        assert.ok(file.checksumBy !== undefined);
        assert.ok(text.includes(file.checksum.digits));
      }
    }
    const lists = source.recordings?.lists ?? [];
    assert.ok(lists.every((list) => source.files.some(({ name }) => name === list)));
  }
});
