/** An index of the sample's images with the bundled models, against the model itself. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import * as tf from "@tensorflow/tfjs-core";
import { loadBrewClip } from "../../../lib/retrieval/load_brewclip.ts";
import { duplicateGroups } from "../../../lib/retrieval/index/duplicates.ts";
import { importVectors } from "../../../lib/retrieval/index/import.ts";
import { openIndex, openStore } from "../../../lib/retrieval/index/open_index.ts";
import { type VectorRecord, writeVectors } from "../../../lib/retrieval/index/vector_files.ts";
import { Embeddings } from "../../../lib/retrieval/rank.ts";
import { temporaryFolder } from "../../temporary.ts";
import { SAMPLE_MODELS } from "../sample_pairs.ts";
import { folderPlace, imageFolder, SERVER, serverPlace } from "./databases.ts";

const model = await loadBrewClip(SAMPLE_MODELS);
const images = await imageFolder(8);
const files = Array.from({ length: 8 }, (_, i) => join(images, i % 2 === 0 ? "" : "sub", `${i}.jpg`));
const recording = "data/sample/flickr8k/flickr_audio/wavs/1003785260_9262d8cd24_0.opus";
const counts = ({ embedded, unchanged, removed, skipped }: {
  embedded: number;
  unchanged: number;
  removed: number;
  skipped: readonly unknown[];
}) => [embedded, unchanged, removed, skipped.length];

for (const place of [await folderPlace(), ...(SERVER === undefined ? [] : [serverPlace()])]) {
  Deno.test(`an index in ${SERVER !== undefined && place.place === SERVER ? "a server" : "a folder"} follows its images`, async () => {
    const { name } = place;
    await using index = await openIndex(place.place, { name, model });
    await Deno.writeTextFile(join(images, "notes.txt"), "no image");
    await Deno.writeFile(join(images, ".hidden.jpg"), new Uint8Array(9));
    const progress: string[] = [];
    await model.embedImages(files.slice(0, 1)); // loads the vision tower
    const tensors = tf.memory().numTensors;
    const first = await index.add(images, { progress: (done, total) => progress.push(`${done}/${total}`) });
    assert.deepEqual(counts(first), [8, 0, 0, 0]);
    assert.deepEqual([...first.others], [[".txt", 1]]);
    assert.deepEqual(progress, ["0/8", "8/8"]);

    // Each kind of query ranks as the model does.
    const rows = await model.embedImages(files);
    let heard: string | undefined;
    const speech = await model.embedAudio([recording], { onTranscript: (_, text) => heard = text });
    const queries = [
      ["a red ball", await model.embedText(["a red ball"])],
      [{ text: "a red ball" }, await model.embedText(["a red ball"])],
      [{ audio: recording }, speech],
      [{ image: files[3]! }, await model.embedImages([files[3]!])],
      [{ image: { name: "x", bytes: await Deno.readFile(files[3]!) } }, await model.embedImages([files[3]!])],
      [{ embedding: speech.data }, speech],
    ] as const;
    for (const [query, { data }] of queries) {
      const { matches, transcript } = await index.search(query, { top: 8 });
      const right = model.rank(data, rows);
      assert.equal(transcript, typeof query === "object" && "audio" in query ? heard : undefined);
      assert.equal(matches.length, 8);
      for (const { path, score } of matches) {
        const { score: expected } = right.find(({ index }) => files[index] === path)!;
        assert.ok(Math.abs(score - expected) < 1e-3, `${path}: ${score} is not ${expected}`);
      }
      assert.deepEqual(matches.map(({ score }) => score), matches.map(({ score }) => score).sort((a, b) => b - a));
    }
    assert.match(heard!, /\w+ \w+/);
    await assert.rejects(index.search(" "), /the text is empty/);

    // Only what is new or changed is embedded; what is gone is removed.
    assert.deepEqual(counts(await index.add(images)), [0, 8, 0, 0]);
    await Deno.copyFile(files[1]!, files[0]!);
    await Deno.utime(files[0]!, new Date(), new Date(2_000_000_000_000));
    await Deno.remove(files[2]!);
    await Deno.writeTextFile(files[4]!, "a page, not an image");
    const changed = await index.add(images);
    assert.deepEqual(counts(changed), [1, 5, 1, 1]);
    assert.match((changed.skipped[0] as { reason: string }).reason, /Cannot read image '.*4\.jpg'/);
    assert.equal(await index.count(), 6, "a file that cannot be read any more has no vector of its former content");
    const { matches: [same] } = await index.search({ image: files[1]! }, { top: 1, under: join(images, "sub") });
    assert.equal(same!.path, files[1]);

    // A stopped call keeps its batches, a folder that vanishes all of its images.
    await assert.rejects(index.add(images, { signal: AbortSignal.abort(new Error("stopped")) }), /stopped/);
    const away = `${images}-away`;
    await Deno.rename(images, away);
    await assert.rejects(index.add(images), /as it is no folder now: .* Nothing was removed/);
    await Deno.mkdir(images);
    await assert.rejects(
      index.add(images),
      /as it has no image now, but 6 of the index are from it: mount its disk.*--forget/,
    );
    await Deno.remove(images);
    await Deno.rename(away, images);
    assert.equal(await index.count(), 6);
    for (const i of [0, 2, 4]) await Deno.copyFile(`data/sample/flickr8k/Images/${NAMES[i]}`, files[i]!);
    assert.deepEqual(counts(await index.add([images])), [3, 5, 0, 0]);
    assert.equal(tf.memory().numTensors, tensors, "no tensor is left");
  });
}

const NAMES = Array.from(Deno.readDirSync("data/sample/flickr8k/Images"), ({ name }) => name).sort();

Deno.test("an index without a model loads its own, and vectors leave and come back by files", async () => {
  const { place } = await folderPlace(), out = join(await temporaryFolder(), "new");
  await (async () => {
    await using index = await openIndex(place, { model });
    await index.add(images);
  })();
  const rows = await model.embedImages(files);
  const expected = new Map(files.map((file, i) => [file, [...rows][i]!]));
  const store = await openStore(place);
  const records = async function* (): AsyncGenerator<VectorRecord[]> {
    for await (const page of store.pages(3)) {
      yield page.map(({ vector, ...facts }) => ({ facts: { ...facts, model: store.facts.model }, vector }));
    }
  };
  const check = (found: { path: string; embedding: ArrayLike<number> }[], what: string) => {
    assert.deepEqual(found.map(({ path }) => path).sort(), [...files].sort(), what);
    for (const { path, embedding } of found) {
      expected.get(path)!.forEach((value, i) => assert.ok(Math.abs(value - embedding[i]!) < 3e-4, `${what}: ${path}`));
    }
  };
  const write = (name: string) => writeVectors(join(out, name), model.width, records());
  assert.deepEqual(await write("all.npy"), [join(out, "all.npy"), join(out, "all.jsonl")]);
  const npy = await Deno.readFile(join(out, "all.npy"));
  assert.equal(new TextDecoder("latin1").decode(npy.subarray(1, 6)), "NUMPY");
  assert.match(
    new TextDecoder().decode(npy.subarray(10, 128)),
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(8, 128\), \} *\n$/,
  );
  const values = new Float32Array(npy.buffer, 128);
  const lines = (await Deno.readTextFile(join(out, "all.jsonl"))).trim().split("\n").map((line) => JSON.parse(line));
  check(lines.map(({ path }, i) => ({ path, embedding: values.subarray(i * 128, i * 128 + 128) })), "npy");
  await write("rows.jsonl");
  check((await Deno.readTextFile(join(out, "rows.jsonl"))).trim().split("\n").map((line) => JSON.parse(line)), "jsonl");
  await write("rows.parquet");
  const table = await parquetReadObjects({ file: await asyncBufferFromFile(join(out, "rows.parquet")) });
  check(table as { path: string; embedding: number[] }[], "parquet");
  assert.equal(table[0]!.size, (await Deno.stat(table[0]!.path as string)).size);
  await assert.rejects(write("rows.csv"), /ending must be one of \.npy, \.jsonl, \.parquet/);
  await store.close();

  const other = await folderPlace();
  const facts = { model: model.fingerprint, width: model.width, source: model.source };
  const into = await openStore(other.place, { facts });
  assert.deepEqual(await importVectors(into, model, join(out, "all.npy")), { vectors: 8, checked: 4 });
  // Rows in another order belong to other images: they look like those of another model.
  values.reverse();
  await Deno.writeFile(join(out, "turned.npy"), npy);
  await Deno.copyFile(join(out, "all.jsonl"), join(out, "turned.jsonl"));
  await assert.rejects(
    importVectors(into, model, join(out, "turned.npy")),
    /as another model made its vectors: .* cosine of/,
  );
  const foreign = lines.map((line) => JSON.stringify({ ...line, model: "0123456789abcdef" }));
  await Deno.writeTextFile(join(out, "turned.jsonl"), `${foreign.join("\n")}\n`);
  await assert.rejects(
    importVectors(into, model, join(out, "turned.npy")),
    /are of the model 0123456789abcdef: expected/,
  );
  await Deno.writeTextFile(join(out, "turned.jsonl"), `${foreign[0]}\n`);
  await assert.rejects(
    importVectors(into, model, join(out, "turned.npy")),
    /its shape is \(8, 128\): expected .* \(1, 128\)/,
  );
  await into.close();

  // The imported images are known: nothing is embedded again.
  await using index = await openIndex(other.place, { speech: true });
  assert.equal(index.model.fingerprint, model.fingerprint);
  assert.deepEqual(counts(await index.add(images)), [0, 8, 0, 0]);
  const { matches: [best] } = await index.search({ image: files[5]! }, { top: 1 });
  assert.equal(best!.path, files[5]);

  // Whisper in a thread of its own gives the same.
  let words: string | undefined;
  const { data } = await model.embedAudio([recording], { onTranscript: (_, text) => words = text });
  const spoken = await index.search({ audio: recording });
  assert.deepEqual(spoken, { transcript: words, ...await index.search({ embedding: data }) });
  const missing = { audio: join(images, "missing.wav") };
  await assert.rejects(index.search(missing), /Cannot read audio '.*missing\.wav'/);
  await assert.rejects(openIndex(join(out, "nowhere"), { speech: true }), /does not exist/); // and its thread ends
});

Deno.test("near-duplicates are the groups that a chain of similarities connects", async () => {
  const angles = [0, 1, 90, 2, 180, 91, 40]; // degrees; within 1.5 of each other: 0, 1, 2 and 90, 91
  const data = Float32Array.from(
    angles.flatMap((angle) => [Math.cos(angle * Math.PI / 180), Math.sin(angle * Math.PI / 180)]),
  );
  const before = tf.memory().numTensors;
  const groups = await duplicateGroups(new Embeddings(data, [7, 2]), { least: Math.cos(1.5 * Math.PI / 180) });
  assert.deepEqual(groups.map((group) => group.map(({ index }) => index)), [[0, 1, 3], [2, 5]]);
  for (const { score } of groups.flat()) assert.ok(Math.abs(score - Math.cos(Math.PI / 180)) < 1e-6);
  assert.equal(tf.memory().numTensors, before);
  // Two blocks: the first and the last row are the same.
  const many = new Float32Array(1100 * 1100);
  for (let i = 0; i < 1100; i++) many[i * 1100 + (i === 1099 ? 0 : i)] = 1;
  const [pair, ...rest] = await duplicateGroups(new Embeddings(many, [1100, 1100]), { least: 1 });
  assert.deepEqual([pair!.map(({ index }) => index), rest], [[0, 1099], []]);
  await assert.rejects(duplicateGroups(new Embeddings(data, [7, 2]), { least: 0 }), /above 0 and at most 1: it is 0/);
});

Deno.test({
  name: "the models' memory is free at the end",
  fn: () => model.dispose(),
});
