import assert from "node:assert/strict";
import { join } from "@std/path";
import { tone } from "../audio/wav.ts";
import { PartWriter, storeFolder } from "../../lib/whisper/store/parts.ts";
import { SpeechStore } from "../../lib/whisper/store/speech_store.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { temporaryFolder } from "../temporary.ts";
import { lengthWhisper, sourceOf, withRecordings } from "./length_whisper.ts";

const KEY = "length";

/** The names of a folder's parts, without their endings. */
function partsOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => /^(.*)\.jsonl$/.exec(name)?.[1] ?? []).sort();
}

/** Makes a line for the store. */
function lineOf(
  i: number,
): { file: string; size: number; changed: number; content: string; text: string; samples: number } {
  return { file: `r${i}`, size: i, changed: 1, content: `c${i}`, text: `text ${i}`, samples: 640 };
}

function statesOf(i: number): { values: Float16Array; frames: number; width: number } {
  return { values: new Float16Array(8).fill(i / 4), frames: 2, width: 4 };
}

Deno.test("results that a killed process left incomplete are ignored and computed again", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const whole = await transcribeAll(recordings, lengthWhisper(), { folder, batchSize: 2 });
    await whole.close();
    const directory = storeFolder(folder, KEY);
    const [part] = partsOf(directory);
    const lines = join(directory, `${part}.jsonl`), states = join(directory, `${part}.f16`);
    const index = await Deno.readTextFile(lines);
    const values = await Deno.readFile(states);
    const rows = index.split("\n");
    const cuts: [string, Uint8Array, number][] = [
      [index.slice(0, -20), values, 1], // killed within a line
      [rows.slice(0, 6).join("\n") + "\n", values, 6], // killed after states, before their line
      [index, values.subarray(0, values.length - 3), 1], // the machine lost power before the states were written
      [index.replace(/\n\{/, "\n!"), values, 1], // a line is damaged
      [rows[0]!.slice(0, 9), values, 11], // killed within the first line
      ["", new Uint8Array(0), 11],
    ];
    for (const [text, bytes, again] of cuts) {
      await Deno.remove(directory, { recursive: true });
      await Deno.mkdir(directory, { recursive: true });
      await Deno.writeTextFile(lines, text);
      await Deno.writeFile(states, bytes);
      const speech = await transcribeAll(recordings, lengthWhisper(), { folder });
      assert.equal(speech.newRecordings, again);
      assert.deepEqual(speech.transcripts, whole.transcripts);
      for (const { id } of recordings) {
        const expected = tone(300 + 10 * Number(id.slice(1)), 16000, 0.1);
        (await speech.states(id)).forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-3));
      }
      await speech.close();
      assert.deepEqual(await Deno.readFile(states), bytes, "another process's part is never changed");
      assert.equal(await Deno.readTextFile(lines), text);
    }
  });
});

Deno.test("damaged states are reported, not used; the named remedy works", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    await (await transcribeAll(recordings, lengthWhisper(), { folder })).close();
    const directory = storeFolder(folder, KEY);
    const path = join(directory, `${partsOf(directory)[0]}.f16`);
    const bytes = await Deno.readFile(path);
    bytes[5]! ^= 1;
    await Deno.writeFile(path, bytes);
    const speech = await transcribeAll(recordings, lengthWhisper(), { folder });
    assert.equal(speech.newRecordings, 0);
    const read = await Promise.allSettled(recordings.map(({ id }) => speech.states(id)));
    const failed = read.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
    assert.equal(failed.length, 1);
    assert.equal(failed[0].name, "InputError");
    assert.match(
      failed[0].message,
      /damaged: the checksum of bytes .* does not fit\. Remove '.*\.f16' and give the same/,
    );
    await speech.close();
    await Deno.remove(path);
    const mended = await transcribeAll(recordings, lengthWhisper(), { folder });
    assert.equal(mended.newRecordings + mended.transcripts.size, 22);
    for (const { id } of recordings) await mended.states(id);
    await mended.close();
  });
});

Deno.test("parts are merged by copying; foreign parts and older stores are ignored; foreign parts are reported", async () => {
  await withRecordings(async (root, recordings) => {
    const folders = ["a", "b"].map((name) => join(root, name));
    const halves = [recordings.slice(0, 7), recordings.slice(7)];
    for (const i of [0, 1]) await (await transcribeAll(halves[i]!, lengthWhisper(), { folder: folders[i]! })).close();
    const [first, second] = folders.map((folder) => storeFolder(folder, KEY)) as [string, string];
    for (const { name } of Deno.readDirSync(second)) await Deno.copyFile(join(second, name), join(first, name));
    await Deno.writeTextFile(join(first, "index.jsonl"), '{"file":"of an older version"}\n');
    await Deno.writeTextFile(
      join(first, "part-stranger-0000.jsonl"),
      (await Deno.readTextFile(join(first, `${partsOf(second)[0]}.jsonl`))).replace(
        '"model":"length"',
        '"model":"other"',
      ),
    );
    const reports: string[] = [];
    const merged = await transcribeAll(recordings, sourceOf(lengthWhisper()), {
      folder: folders[0]!,
      report: (line) => void reports.push(line),
    });
    assert.equal(merged.newRecordings, 0);
    assert.equal(merged.transcripts.size, 11);
    for (const { id } of recordings) assert.ok((await merged.states(id)).length > 0);
    assert.equal(reports.length, 1);
    assert.match(reports[0]!, /ignored part-stranger-0000 in .*another model or version/);
    await merged.close();
  });
});

Deno.test("a writer begins a new part past its limit, and all parts are read", async () => {
  const folder = await temporaryFolder();
  const store = await SpeechStore.open({ folder, key: KEY, label: "1of2", limit: 40 });
  for (let i = 0; i < 7; i++) await store.add(lineOf(i), statesOf(i));
  await store.release();
  assert.ok(partsOf(folder).length > 1);
  assert.ok(partsOf(folder).every((name) => /^part-1of2-[0-9a-f]{8}-000\d$/.test(name)), partsOf(folder).join());
  const again = await SpeechStore.open({ folder, key: KEY });
  for (const reader of [store, again]) {
    for (let i = 0; i < 7; i++) {
      const line = reader.ofContent(`c${i}`)!;
      assert.equal(line.text, `text ${i}`);
      assert.deepEqual(reader.states(line), new Float32Array(8).fill(i / 4));
      assert.deepEqual(reader.states(line, 1), new Float32Array(4).fill(i / 4));
    }
    reader.close();
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("writers work into one folder at once", async () => {
  const folder = await temporaryFolder();
  const stores = await Promise.all([1, 2, 3].map(() => SpeechStore.open({ folder, key: KEY })));
  await Promise.all(stores.map(async (store, s) => {
    for (let i = 0; i < 20; i++) await store.add(lineOf(100 * s + i), statesOf(s));
    await store.release();
  }));
  const reader = await SpeechStore.open({ folder, key: KEY });
  assert.equal(reader.contents(() => true).length, 60);
  for (let i = 0; i < 20; i++) {
    assert.deepEqual(reader.states(reader.ofContent(`c${200 + i}`)!), new Float32Array(8).fill(0.5));
  }
  for (const store of [...stores, reader]) store.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("lines with wrong states or paths outside the folder are ignored", async () => {
  const folder = await temporaryFolder();
  const writer = new PartWriter({ folder, key: KEY });
  await writer.add(lineOf(0), statesOf(0));
  await writer.finish();
  const [part] = partsOf(folder);
  const path = join(folder, `${part}.jsonl`);
  const [header, good] = (await Deno.readTextFile(path)).split("\n");
  const bad = [
    { part: "../../etc/passwd" },
    { frames: 1e9 },
    { offset: 1 },
    { offset: -2 },
    { width: 2 ** 50 },
    { sum: undefined },
    { text: undefined },
    { problem: "and a text" },
    { size: "7" },
    { content: null },
  ].map((change, i) => JSON.stringify({ ...JSON.parse(good!), content: `bad ${i}`, ...change }));
  await Deno.writeTextFile(path, [header, "null", "[]", "7", ...bad, good, ""].join("\n"));
  const store = await SpeechStore.open({ folder, key: KEY });
  assert.deepEqual(store.contents(() => true), ["c0"]);
  store.close();
  await Deno.remove(folder, { recursive: true });
});
