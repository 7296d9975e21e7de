import assert from "node:assert/strict";
import { join } from "@std/path";
import { cocoDev, cocoId } from "../../lib/data/coco_splits.ts";
import { loadLocalizedNarratives } from "../../lib/data/localized_narratives.ts";
import { loadPairs, type PairsName } from "../../lib/data/load_pairs.ts";
import type { Pair } from "../../lib/data/pair.ts";
import { loadSpokenCoco } from "../../lib/data/spokencoco.ts";
import { withFiles } from "./files.ts";

const IDS = Array.from({ length: 50 }, (_, i) => 9000 + 37 * i);

function spoken(part: string, ids: number[], captions = 2): string {
  return JSON.stringify({
    data: ids.map((id) => ({
      image: `${part}2014/COCO_${part}2014_${String(id).padStart(12, "0")}.jpg`,
      captions: Array.from({ length: captions }, (_, i) => ({
        text: `caption ${i} of ${id}`,
        speaker: `s${i}`,
        uttid: `s${i}_${id}_${i}`,
        wav: `wavs/${part}/0/s${i}_${id}_${i}.wav`,
      })),
    })),
  });
}

function narrative(part: string, id: number, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    dataset_id: `mscoco_${part}2017`,
    image_id: String(id),
    annotator_id: 93,
    caption: ` in this picture there is ${id} `,
    timed_caption: [],
    traces: [],
    voice_recording: `coco_${part}/coco_${part}_${id}_93.ogg`,
    ...more,
  }) + "\n";
}

const SPOKEN = {
  "SpokenCOCO_train.json": spoken("train", IDS),
  "SpokenCOCO_val.json": spoken("val", [137576, 325114]),
};
const SHARD = (n: number) => `coco_train_localized_narratives-0000${n}-of-00004.jsonl`;
const NARRATED = {
  [SHARD(1)]: IDS.slice(25).map((id) => narrative("train", id)).join(""),
  [SHARD(0)]: IDS.slice(0, 25).map((id) => narrative("train", id)).join(""),
  "coco_val_localized_narratives.jsonl": narrative("val", 137576) + narrative("val", 137576),
};

Deno.test("loadSpokenCoco reads the published layout", async () => {
  await withFiles(SPOKEN, async (root) => {
    const pairs = await loadSpokenCoco(root);
    assert.equal(pairs.length, 104);
    assert.deepEqual(pairs.at(-1), {
      id: "s1_325114_1",
      imageId: "325114",
      image: join(root, "val2014", "COCO_val2014_000000325114.jpg"),
      audio: join(root, "wavs", "val", "0", "s1_325114_1.wav"),
      text: "caption 1 of 325114",
      speaker: "s1",
      split: "test",
    });
  });
});

/** As `spoken`, with an entry for each caption, as FaST-VGS publishes it. */
function unrolled(part: string, ids: number[]): string {
  const { data } = JSON.parse(spoken(part, ids)) as { data: { image: string; captions: unknown[] }[] };
  return JSON.stringify({
    data: data.flatMap(({ image, captions }) => captions.map((caption) => ({ image, caption }))),
  });
}

const KARPATHY = (part: string) => `SpokenCOCO_${part}_unrolled_karpathy.json`;

Deno.test("loadSpokenCoco reads the unrolled Karpathy splits: val is dev, test is test", async () => {
  const files = {
    [KARPATHY("train")]: unrolled("train", IDS),
    [KARPATHY("val")]: unrolled("val", [1, 2, IDS[0]!]),
    [KARPATHY("test")]: unrolled("val", [3, 4, 2]),
  };
  const held = [`s0_${IDS[0]}_0`, `s1_${IDS[0]}_1`];
  for (const folder of ["", "SpokenCOCO/"]) {
    const at = Object.fromEntries(Object.entries(files).map(([name, text]) => [folder + name, text]));
    await withFiles(at, async (root) => {
      const odd: string[] = [];
      const pairs = await loadSpokenCoco(root, { onOddity: ({ kind, value }) => odd.push(`${kind}: ${value}`) });
      const of = (split: string) => new Set(pairs.filter((pair) => pair.split === split).map(({ imageId }) => imageId));
      assert.deepEqual([of("train").size, of("dev"), of("test")], [
        49,
        new Set(["1", String(IDS[0])]),
        new Set(["3", "4", "2"]),
      ]);
      assert.deepEqual(odd.filter((line) => !line.startsWith("uttid")).sort(), [
        "dev entry of an image in test, skipped: s0_2_0",
        "dev entry of an image in test, skipped: s1_2_1",
        ...held.map((id) => `train entry of an image in val, skipped: ${id}`),
      ]);
      assert.equal(pairs.at(-1)?.audio, join(root, folder, "wavs/val/0/s1_2_1.wav"));
    });
  }
});

Deno.test("loadSpokenCoco cuts dev from unrolled lists without test, and says so", async () => {
  const files = { [KARPATHY("train")]: unrolled("train", IDS), [KARPATHY("val")]: unrolled("val", [137576, 325114]) };
  await withFiles(files, async (root) => {
    const odd: string[] = [];
    const pairs = await loadSpokenCoco(root, { onOddity: ({ kind }) => odd.push(kind) });
    assert.deepEqual(odd, ["missing unrolled list: val is used as test, dev is cut from train"]);
    await withFiles(SPOKEN, async (published) => {
      const bare = (pairs: Pair[]) => pairs.map(({ id, imageId, text, split }) => [id, imageId, text, split]);
      assert.deepEqual(bare(pairs), bare(await loadSpokenCoco(published)));
    });
  });
});

Deno.test("loadSpokenCoco reads unrolled entries under the published names, and the published lists before unrolled ones", async () => {
  const renamed = { "SpokenCOCO_train.json": unrolled("train", IDS), "SpokenCOCO_val.json": unrolled("val", [1]) };
  await withFiles({ ...renamed, [KARPATHY("train")]: "{" }, async (root) => {
    const odd: string[] = [];
    assert.equal((await loadSpokenCoco(root, { onOddity: ({ kind }) => odd.push(kind) })).length, 102);
    assert.deepEqual(odd, ["unrolled list next to the published one, ignored"]);
  });
});

Deno.test("loadLocalizedNarratives reads the published layout, any number of shards", async () => {
  await withFiles(NARRATED, async (root) => {
    const pairs = await loadLocalizedNarratives(root);
    assert.equal(pairs.length, 52);
    assert.equal(pairs[0]?.imageId, String(IDS[0]));
    assert.deepEqual(pairs[50], {
      id: "coco_val_137576_93",
      imageId: "137576",
      image: join(root, "val2017", "000000137576.jpg"),
      audio: join(root, "coco_val", "coco_val_137576_93.ogg"),
      text: "in this picture there is 137576",
      speaker: "93",
      split: "test",
    });
    assert.equal(pairs[51]?.id, "coco_val_137576_93#2");
  });
});

Deno.test("both COCO sets get the same dev images: 12 % of train, whole images, none of test", async () => {
  await withFiles({ ...SPOKEN, ...NARRATED }, async (root) => {
    const devOf = async (name: PairsName) => {
      const pairs = await loadPairs(name, root);
      const ids = (split: string) => new Set(pairs.filter((pair) => pair.split === split).map((pair) => pair.imageId));
      for (const id of ids("dev")) assert.ok(!ids("train").has(id) && !ids("test").has(id));
      return [...ids("dev")].sort();
    };
    const dev = await devOf("spokencoco");
    assert.equal(dev.length, 6);
    assert.deepEqual(await devOf("ln-coco"), dev);
  });
});

Deno.test("cocoDev is capped and does not depend on the order", () => {
  const ids = Array.from({ length: 10000 }, (_, i) => String(i));
  assert.equal(cocoDev(ids).size, 1000);
  assert.deepEqual(cocoDev(ids.slice(0, 99).reverse()), cocoDev(ids.slice(0, 99)));
  assert.equal(cocoDev([]).size, 0);
});

Deno.test("cocoId reads the number of the image", () => {
  assert.equal(cocoId("val2014/COCO_val2014_000000325114.jpg", "here"), "325114");
  assert.equal(cocoId("train2017/000000000009.jpg", "here"), "9");
  assert.throws(() => cocoId("picture.jpg", "here"), /Cannot read here as 'picture.jpg'/);
});

Deno.test("the COCO loaders name the file and entry of what is wrong", async () => {
  const val = "coco_val_localized_narratives.jsonl";
  const wrong: [PairsName, Record<string, string>, RegExp][] = [
    ["spokencoco", { "SpokenCOCO_val.json": "{" }, /SpokenCOCO_val\.json' as it is not JSON/],
    ["spokencoco", { "SpokenCOCO_val.json": "{}" }, /SpokenCOCO_val\.json as 'data' must be a list: it is missing/],
    [
      "spokencoco",
      { "SpokenCOCO_val.json": '{"data": [{"image": "x_1.jpg"}]}' },
      /data\[0\] as 'captions' must be a list/,
    ],
    [
      "spokencoco",
      { "SpokenCOCO_val.json": spoken("val", [1]).replace('"wav":"wavs', '"wav":"../wavs') },
      /captions\[0\]\) as it leaves/,
    ],
    [
      "spokencoco",
      { "SpokenCOCO_val.json": spoken("val", [1]).replace('"caption 1 of 1"', "7") },
      /captions\[1\] as 'text' must be a text: it is 7/,
    ],
    ["ln-coco", { [val]: narrative("val", 1) + "{\n" }, /narratives\.jsonl:2 as it is not JSON/],
    ["ln-coco", { [val]: narrative("val", 1, { caption: 3 }) }, /:1 as 'caption' must be a text: it is 3/],
    ["ln-coco", { [val]: narrative("val", 1, { image_id: "a" }) }, /:1 as 'image_id' must be COCO's number/],
    ["ln-coco", { [val]: narrative("val", 1, { voice_recording: "C:\\x.ogg" }) }, /leaves the data set's folder/],
  ];
  for (const [name, change, message] of wrong) {
    await withFiles({ ...SPOKEN, ...NARRATED, ...change }, async (root) => {
      await assert.rejects(loadPairs(name, root), { name: "InputError", message });
    });
  }
});

Deno.test("the loaders name what is missing, and refuse empty sets and unknown names", async () => {
  await withFiles({}, async (root) => {
    await assert.rejects(loadPairs("spokencoco", root), /no 'SpokenCOCO_train\.json' or/);
    await assert.rejects(loadPairs("ln-coco", root), /no 'coco_train_localized/);
    await assert.rejects(loadPairs("ln-coco", join(root, "nowhere")), { name: "InputError" });
    await assert.rejects(loadPairs("imagenet" as PairsName, root), /must be one of flickr8k, spokencoco, ln-coco/);
  });
  await withFiles({ "SpokenCOCO_train.json": '{"data": []}', "SpokenCOCO_val.json": '{"data": []}' }, async (root) => {
    await assert.rejects(loadPairs("spokencoco", root), /list 0 recordings/);
  });
});
