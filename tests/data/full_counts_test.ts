import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadPairs, type PairsName } from "../../lib/data/load_pairs.ts";
import type { Oddity } from "../../lib/data/pair.ts";
import type { Pair, Split } from "../../lib/data/pair.ts";
import { withFiles } from "./files.ts";

/** Pairs and pictures a split, after a check that no picture is in two. */
function counts(pairs: Pair[]): Record<Split, [pairs: number, pictures: number]> {
  const splits = new Map<string, Split>();
  for (const { imageId, split } of pairs) {
    assert.equal(splits.get(imageId) ?? split, split, imageId);
    splits.set(imageId, split);
  }
  assert.equal(new Set(pairs.map(({ id }) => id)).size, pairs.length);
  const of = (split: Split): [number, number] => [
    pairs.filter((pair) => pair.split === split).length,
    [...splits.values()].filter((other) => other === split).length,
  ];
  return { train: of("train"), dev: of("dev"), test: of("test") };
}

async function load(name: PairsName, root: string): Promise<{ pairs: Pair[]; kinds: Map<string, number> }> {
  const oddities: Oddity[] = [];
  const pairs = await loadPairs(name, root, { onOddity: (oddity) => oddities.push(oddity) });
  const kinds = Map.groupBy(oddities, ({ kind }) => kind);
  return { pairs, kinds: new Map([...kinds].map(([kind, { length }]) => [kind, length])) };
}

const name = (i: number) => `${1000000000 + 7 * i}_${(i * 2654435761 % 2 ** 32).toString(16).padStart(10, "0")}`;

Deno.test("Flickr8k of the published size: 6000, 1000 and 1000 images with 5 recordings each", async () => {
  // 8,092 pictures have captions, 92 of them are in no split and were not spoken.
  const images = Array.from({ length: 8092 }, (_, i) => name(i));
  const five = [0, 1, 2, 3, 4];
  const spoken = images.slice(0, 8000);
  await withFiles({
    "Flicker8k_Dataset/readme": "",
    "Flickr8k.token.txt": images.flatMap((image) => five.map((n) => `${image}.jpg#${n}\tCaption ${n} .\n`)).join(""),
    "Flickr_8k.trainImages.txt": spoken.slice(0, 6000).map((image) => `${image}.jpg\n`).join(""),
    "Flickr_8k.devImages.txt": spoken.slice(6000, 7000).map((image) => `${image}.jpg\n`).join(""),
    "Flickr_8k.testImages.txt": spoken.slice(7000).map((image) => `${image}.jpg\n`).join(""),
    "flickr_audio/wav2capt.txt": spoken.flatMap((image) => five.map((n) => `${image}_${n}.wav ${image}.jpg #${n}\n`))
      .join(""),
    "flickr_audio/wav2spk.txt": spoken.flatMap((image) => five.map((n) => `${image}_${n}.wav ${n * 31}\n`)).join(""),
  }, async (root) => {
    const { pairs, kinds } = await load("flickr8k", root);
    assert.deepEqual(counts(pairs), { train: [30000, 6000], dev: [5000, 1000], test: [5000, 1000] });
    assert.deepEqual(kinds, new Map());
    assert.equal(pairs[39999]?.text, "Caption 4 .");
    assert.equal(pairs[39999]?.speaker, "124");
  });
});

Deno.test("SpokenCOCO in proportion: val is test, a thousand train images are dev", async () => {
  // A tenth of the published 118,287 train pictures with one caption of five; all 5,000 of val.
  const part = (split: string, ids: number[]) =>
    JSON.stringify({
      data: ids.map((id) => ({
        image: `${split}2014/COCO_${split}2014_${String(id).padStart(12, "0")}.jpg`,
        captions: [{ text: "A caption.", speaker: "s", uttid: `s-${id}`, wav: `wavs/${split}/0/s-${id}.wav` }],
      })),
    });
  const ids = Array.from({ length: 16829 }, (_, i) => 9 + 34 * i);
  await withFiles({
    "SpokenCOCO/SpokenCOCO_train.json": part("train", ids.slice(0, 11829)),
    "SpokenCOCO/SpokenCOCO_val.json": part("val", ids.slice(11829)),
  }, async (root) => {
    const { pairs, kinds } = await load("spokencoco", root);
    assert.deepEqual(counts(pairs), { train: [10829, 10829], dev: [1000, 1000], test: [5000, 5000] });
    assert.deepEqual(kinds, new Map());
  });
});

Deno.test("Localized Narratives in the bucket's folders: val is test, a thousand train images are dev", async () => {
  // The published val part has 8,573 narratives of 5,000 pictures; train a tenth of its 134,272 of 118,287.
  const lines = (part: string, from: number, pictures: number, narratives: number) =>
    Array.from({ length: narratives }, (_, i) => {
      const id = from + 34 * (i % pictures), who = Math.floor(i / pictures);
      return JSON.stringify({
        dataset_id: `mscoco_${part}2017`,
        image_id: String(id),
        annotator_id: who,
        caption: "A caption.",
        timed_caption: [{ utterance: "A", start_time: 0, end_time: 0.5 }],
        traces: [[{ x: 0, y: 0, t: 0 }]],
        voice_recording: `coco_${part}/coco_${part}_${id}_${who}.ogg`,
      }) + "\n";
    });
  const train = lines("train", 9, 11829, 13427);
  const shards = [0, 1, 2, 3].map((n) => [
    `annotations/coco_train_localized_narratives-0000${n}-of-00004.jsonl`,
    train.slice(n * 3357, (n + 1) * 3357).join(""),
  ]);
  await withFiles({
    ...Object.fromEntries(shards),
    "annotations/coco_val_localized_narratives.jsonl": lines("val", 10, 5000, 8573).join(""),
    "voice-recordings/coco_val/x.ogg": "",
    "images/val2017/x.jpg": "",
  }, async (root) => {
    const { pairs, kinds } = await load("ln-coco", root);
    const { train, dev, test } = counts(pairs);
    assert.deepEqual(test, [8573, 5000]);
    assert.deepEqual([dev[1], train[1]], [1000, 10829]);
    assert.equal(train[0] + dev[0], 13427);
    assert.deepEqual(kinds, new Map());
    assert.equal(pairs[0]?.audio, join(root, "voice-recordings", "coco_train", "coco_train_9_0.ogg"));
    assert.equal(pairs[0]?.image, join(root, "images", "train2017", "000000000009.jpg"));
    assert.equal(pairs[0]?.seconds, 0.5);
  });
});
