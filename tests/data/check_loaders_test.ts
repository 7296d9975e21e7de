import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "@std/path";
import { checkDataset, type Checked } from "../../lib/data/check/check_dataset.ts";
import type { CheckedName } from "../../lib/data/check/check_dataset.ts";
import { openManifest } from "../../lib/data/check/manifest.ts";
import { inFolder } from "../helpers.ts";
import { picture, put, putFlickr8k, recording } from "./check_world.ts";

/** Checks what is put into a folder. */
async function checked(
  dataset: CheckedName,
  fill: (root: string) => Promise<string | void>,
  see: (checked: Checked, root: string, checks: string) => Promise<void> | void,
): Promise<void> {
  await inFolder(async (folder) => {
    const data = join(folder, "data");
    const checks = join(folder, "checks");
    const root = join(data, await fill(data) ?? "");
    await see(await checkDataset(dataset, root, { checks, workers: 2 }), root, checks);
  });
}

const brief = ({ findings }: Checked) =>
  findings.map((
    { kind, leftOut, detail, entries },
  ) => [kind, leftOut, detail.replace(/, \/.*$/, ""), entries.join(" ")]);

Deno.test("narratives: lengths against their timed captions, and the splits' images against one another", async () => {
  const shared = await picture(9);
  const text = "in this picture there is a dog which runs over the grass and behind it there are two trees and a house";
  const line = (part: string, id: number, end: number | undefined) =>
    JSON.stringify({
      dataset_id: `mscoco_${part}2017`,
      image_id: String(id),
      annotator_id: 93,
      caption: text,
      timed_caption: end === undefined ? [] : [
        { utterance: "in", start_time: 0, end_time: 0.4 },
        { utterance: "house", start_time: end - 0.5, end_time: end },
      ],
      voice_recording: `coco_${part}/coco_${part}_${id}_93.ogg`,
    }) + "\n";
  await checked("ln-coco", async (root) => {
    const train: [id: number, told: number | undefined, seconds: number][] = [
      [101, 4.2, 4], // 0.2 s too short is within bounds
      [102, 9, 4], // cut off
      [103, undefined, 4],
      [104, 3, 9], // 6 s of silence at the end are too much
    ];
    for (const [id, , seconds] of train) {
      await put(root, `coco_train/coco_train_${id}_93.ogg`, recording(id, seconds));
      await put(root, `train2017/000000000${id}.jpg`, id === 104 ? shared : await picture(id));
    }
    await put(root, "coco_val/coco_val_777_93.ogg", recording(777, 4));
    await put(root, "val2017/000000000777.jpg", shared);
    const shards = train.map(([id, told]) => line("train", id, told));
    for (const i of [0, 1, 2, 3]) {
      await put(root, `coco_train_localized_narratives-0000${i}-of-00004.jsonl`, i === 2 ? shards.join("") : "");
    }
    await put(root, "coco_val_localized_narratives.jsonl", line("val", 777, 4));
  }, async (check, root, checks) => {
    deepStrictEqual(brief(check), [
      [
        "splits-share-picture",
        false,
        "2 files have the same content, in several splits",
        "coco_train_104_93 coco_val_777_93",
      ],
      ["wrong-length", false, "it lasts 4.00 s, the data set states 9.00 s", "coco_train_102_93"],
      ["wrong-length", false, "it lasts 9.00 s, the data set states 3.00 s", "coco_train_104_93"],
    ]);
    deepStrictEqual(check.findings[0]!.files, ["train2017/000000000104.jpg", "val2017/000000000777.jpg"]);
    strictEqual(check.report.all.usable, 5);
    const manifest = await openManifest("ln-coco", root, checks);
    strictEqual(manifest.secondsOf(join(root, "coco_train/coco_train_104_93.ogg")), 9);
  });
});

Deno.test("SpokenCOCO: what its loader skips is in the report", async () => {
  const part = (name: string, ids: number[]) =>
    JSON.stringify({
      data: ids.map((id) => ({
        image: `${name}2014/COCO_${name}2014_${String(id).padStart(12, "0")}.jpg`,
        captions: [{
          text: "a dog runs",
          speaker: "m1",
          uttid: `${name}-${id}`,
          wav: `wavs/${name}/0/${name}-${id}.wav`,
        }],
      })),
    });
  const train = [11, 12, 13, 14, 15, 99], val = [99, 100]; // 99 is in both
  await checked("spokencoco", async (root) => {
    await put(root, "SpokenCOCO_train.json", part("train", train));
    await put(root, "SpokenCOCO_val.json", part("val", val));
    for (const [name, ids] of [["train", train], ["val", val]] as const) {
      for (const id of ids) {
        await put(root, `wavs/${name}/0/${name}-${id}.wav`, recording(200 + 7 * id + name.length));
        await put(root, `${name}2014/COCO_${name}2014_${String(id).padStart(12, "0")}.jpg`, await picture(id));
      }
    }
  }, (check) => {
    deepStrictEqual(brief(check).map(([kind, leftOut, detail]) => [kind, leftOut, detail]), [
      ["index: train entry of an image in val, skipped", true, "'train-99', train part"],
    ]);
    const { train, dev, test } = check.report.splits;
    deepStrictEqual([train.entries, dev.entries, test.entries], [4, 1, 2]);
    strictEqual(check.looked, 14); // what is skipped is not looked at
  });
});

Deno.test("Flickr8k: recordings of images in no split are reported, not inspected", async () => {
  await checked("flickr8k", async (root) => {
    const spoken = (hertz: number) => [{ bytes: recording(hertz) }];
    await putFlickr8k(root, {
      a: { split: "train", bytes: await picture(1), spoken: spoken(200) },
      b: { split: "test", bytes: await picture(2), spoken: spoken(210) },
    });
    await put(root, "Flickr_8k.testImages.txt", "c.jpg\n");
  }, ({ findings, report, looked }) => {
    const counts = Object.fromEntries(Object.entries(report.findings).map(([kind, { count }]) => [kind, count]));
    deepStrictEqual(counts, {
      "index: recording of an image in no split, skipped": 1,
      "index: image in a split without a recording": 1,
      "empty-split": 1,
    });
    match(findings[0]!.detail, /^'b_0\.wav', .*wav2capt\.txt:2$/);
    strictEqual(looked, 2);
  });
});

Deno.test("RAVDESS: by emotion and by actor", async () => {
  await checked("ravdess", async (root) => {
    for (const actor of ["01", "02"]) {
      for (const mood of ["01", "03", "04", "05"]) {
        const name = `03-01-${mood}-01-01-01-${actor}.wav`;
        await put(root, `Actor_${actor}/${name}`, recording(100 * Number(mood) + Number(actor), 2, 48000));
      }
    }
  }, ({ report, findings }) => {
    deepStrictEqual(report.clips, {
      moods: {
        angry: { train: 1, dev: 0, test: 1 },
        happy: { train: 1, dev: 0, test: 1 },
        neutral: { train: 1, dev: 0, test: 1 },
        sad: { train: 1, dev: 0, test: 1 },
      },
      speakers: {
        "01": { angry: 1, happy: 1, neutral: 1, sad: 1 },
        "02": { angry: 1, happy: 1, neutral: 1, sad: 1 },
      },
    });
    deepStrictEqual(report.recordings.rates, { 48000: 8 });
    strictEqual(report.all.captions, null);
    strictEqual(findings.every(({ kind }) => kind.startsWith("index: ")), true);
  });
});

Deno.test("own pairs: paths relative to their table, and a file that is no image", async () => {
  await checked("own", async (root) => {
    await put(root, "list/pairs.jsonl", '{"image": "p/a.jpg", "audio": "a.wav", "text": "a dog", "split": "train"}\n');
    await put(root, "list/p/a.jpg", recording(300));
    await put(root, "list/a.wav", recording(300));
    return "list/pairs.jsonl";
  }, async ({ findings, report }, root, checks) => {
    const [bad] = findings.filter(({ files }) => files.length > 0);
    deepStrictEqual([bad!.kind, bad!.files], ["unknown-format", ["p/a.jpg"]]);
    strictEqual(report.usable, false);
    const manifest = await openManifest("own", root, checks);
    strictEqual(manifest.secondsOf(join(root, "../a.wav")), 1);
    match(await manifest.problemOf(join(root, "../p/a.jpg")) ?? "", /^Cannot read image/);
  });
});

Deno.test("a data set of another name is refused", async () => {
  await rejects(
    checkDataset("flickr30k" as CheckedName, "x"),
    /Cannot check 'flickr30k' as a data set must be one of /,
  );
});
