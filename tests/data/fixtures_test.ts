import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadPairs, type PairsName } from "../../lib/data/load_pairs.ts";
import type { Oddity } from "../../lib/data/pair.ts";
import type { EmotionClip, Pair } from "../../lib/data/pair.ts";
import { loadRavdess } from "../../lib/data/ravdess.ts";

const ROOT = "tests/fixtures/datasets";

/** A line a pair: id, imageId, picture, recording, text, speaker, split, seconds; paths below `folder`. */
function shown(pairs: Pair[], folder: string): string[] {
  const below = (path: string) => path.slice(join(ROOT, folder).length + 1).replaceAll("\\", "/");
  return pairs.map(({ id, imageId, image, audio, text, speaker, split, seconds }) =>
    [id, imageId, below(image), below(audio), text, speaker, split, seconds ?? "-"].join(" | ")
  );
}

async function read(name: PairsName, folder: string, file = ""): Promise<{ pairs: string[]; odd: string[] }> {
  const oddities: Oddity[] = [];
  const root = join(ROOT, folder, file);
  const pairs = await loadPairs(name, root, { onOddity: (oddity) => oddities.push(oddity) });
  const below = (path: string) => path.replace(join(ROOT, folder), "").replace(/^[\\/]/, "").replaceAll("\\", "/");
  return {
    pairs: shown(pairs, folder),
    odd: oddities.map(({ kind, where, value }) => `${below(where)}: ${kind}: ${value}`),
  };
}

const A = "1000000001_a1b2c3d4e5",
  B = "1000000002_0b1c2d3e4f",
  C = "1000000003_c0ffee0001",
  D = "1000000004_d00d1e0002";
const E = "1000000005_e11e220003", F = "2258000006_f58694ec62", G = "1000000007_9876543210";

Deno.test("every field of the Flickr8k fixture is read, and each of its oddities is reported", async () => {
  const line = (name: string, n: number, text: string, speaker: string, split: string) =>
    `${name}_${n} | ${name}.jpg | Flicker8k_Dataset/${name}.jpg | flickr_audio/wavs/${name}_${n}.wav | ${text} | ` +
    `${speaker} | ${split} | -`;
  const { pairs, odd } = await read("flickr8k", "flickr8k");
  assert.deepEqual(pairs, [
    line(A, 0, "A red square lies on white ground .", "1", "train"),
    line(A, 1, "A square , red all over .", "2", "train"),
    line(A, 2, "Red square", "3", "train"),
    line(A, 3, "There is one square here , and it is red .", "1", "train"),
    line(A, 4, "The square is red .", "2", "train"),
    line(B, 0, "A girl named Zoë eats a piñata at the café .", "3", "train"),
    line(B, 1, 'Two  circles   "side by side" .', "1", "train"),
    line(B, 2, "A circle .", "2", "train"),
    line(B, 3, "Blue circles , two of them .", "3", "train"),
    line(C, 0, "Green lines run across the picture .", "1", "dev"),
    line(C, 1, "Green lines .", "", "dev"),
    line(D, 0, "A yellow star\tbeside a black one .", "3", "test"),
    line(D, 1, "Stars .", "1", "test"),
    line(F, 0, "A name with an ending too much .", "1", "train"),
  ]);
  assert.deepEqual(odd, [
    `Flickr8k.token.txt:13: caption listed again, the first is used: ${C}.jpg#1`,
    `Flickr8k.token.txt:16: blank caption, skipped: ${D}.jpg#2`,
    `Flickr8k.token.txt:18: caption of an image with a broken name, read without its ending: ${F}.jpg.1`,
    `Flickr_8k.trainImages.txt:4: image listed again in its split, counted once: ${A}.jpg`,
    `flickr_audio/wav2spk.txt:16: recording with two speakers, the first is used: ${A}_0.wav`,
    `flickr_audio/wav2capt.txt:14: recording without a caption, skipped: ${D}_2.wav`,
    `flickr_audio/wav2capt.txt:15: recording of an image in no split, skipped: ${E}_0.wav`,
    `flickr_audio/wav2capt.txt:17: recording listed again, skipped: ${A}_0.wav`,
    `dev list: image in a split without a recording: ${G}.jpg`,
  ]);
});

Deno.test("the mirror's layout of Flickr8k gives each recording its caption by the order of the lines", async () => {
  const { pairs, odd } = await read("flickr8k", "flickr8k-mirror");
  const line = (name: string, n: number, text: string, split: string) =>
    `${name}_${n} | ${name}.jpg | Images/${name}.jpg | flickr_audio/wavs/${name}_${n}.wav | ${text} |  | ${split} | -`;
  assert.deepEqual(pairs, [
    line(A, 0, "A red square lies on white ground .", "train"),
    line(A, 1, "A square , red all over .", "train"),
    line(A, 2, "Red square", "train"),
    line(C, 0, "Green lines run across the picture .", "dev"),
    line(D, 0, 'A star called "yellow" .', "test"),
  ]);
  assert.deepEqual(odd, []);
});

Deno.test("every field of the SpokenCOCO fixture is read, and each of its oddities is reported", async () => {
  const line = (id: string, coco: number, place: string, text: string, split: string) => {
    const [folder = "", wav = ""] = place.split(" ");
    const name = id.replace(/#\d+$/, "");
    return `${id} | ${coco} | ${folder}2014/COCO_${folder}2014_${String(coco).padStart(12, "0")}.jpg | ` +
      `SpokenCOCO/wavs/${wav}/${name}.wav | ${text} | ${name.split("-")[0]} | ${split} | -`;
  };
  const { pairs, odd } = await read("spokencoco", "spokencoco");
  assert.deepEqual(pairs, [
    line("m1vjq8cayvs6c9-302KTQ2V7RDFP_9_101", 9, "train train/0", "A red square lies on white ground", "train"),
    line("a3xyz-3A2KTQ2V7RDFP_9_8020", 9, "train train/1", "A square that is red", "train"),
    line("a3xyz-3B2KTQ2V7RDFP_9_15939", 9, "train train/0", "Red", "train"),
    line("a3xyz-302KTQ2V7RDFP_25_101", 25, "train train/0", "Zoë holds a piñata — or so it seems", "train"),
    line("m1vjq8cayvs6c9-302KTQ2V7RDFP_30_101", 30, "train train/0", "Stars", "train"),
    line("b2-302KTQ2V7RDFP_42_101", 42, "val train/0", "A picture of the other folder", "dev"),
    line("b2-302KTQ2V7RDFP_49_101", 49, "train train/0", "Green lines", "train"),
    line("b2-3A2KTQ2V7RDFP_49_8020", 49, "train train/1", "Lines", "train").replace("| b2 |", "|  |"),
    line("b2-302KTQ2V7RDFP_61_101", 61, "train train/0", "A grey picture", "train"),
    line("b2-302KTQ2V7RDFP_61_101#2", 61, "train train/0", "A grey picture", "train"),
    line("c4-302KTQ2V7RDFP_73_101", 73, "val val/0", "A yellow star", "test"),
    line("c4-3A2KTQ2V7RDFP_73_8020", 73, "val val/1", "A star , yellow", "test"),
    line(
      "m1vjq8cayvs6c9-32KTQ2V7RDFP25PU1AP8KXEZU8I9MO_92648_385961",
      325114,
      "val val/0",
      "A blue circle",
      "test",
    ),
  ]);
  const train = "SpokenCOCO/SpokenCOCO_train.json, data";
  assert.deepEqual(odd, [
    `${train}[1].captions[1]: recording without a caption, skipped: text`,
    `${train}[4].captions[1]: recording without a speaker: speaker`,
    `${train}[5].captions[1]: uttid listed again, numbered: b2-302KTQ2V7RDFP_61_101`,
    `${train}[7]: image without captions: train2014/COCO_train2014_000000000081.jpg`,
    "train part: train entry of an image in val, skipped: b2-302KTQ2V7RDFP_73_101",
  ]);
});

Deno.test("every field of the Localized Narratives fixture is read, and each of its oddities is reported", async () => {
  const line = (part: string, id: number, who: number, text: string, split: string, seconds: number | string, n = "") =>
    `coco_${part}_${id}_${who}${n} | ${id} | ${part}2017/${String(id).padStart(12, "0")}.jpg | ` +
    `coco_${part}/coco_${part}_${id}_${who}.ogg | ${text} | ${who} | ${split} | ${seconds}`;
  const { pairs, odd } = await read("ln-coco", "ln-coco");
  assert.deepEqual(pairs, [
    line("train", 9, 12, "In this image there is a red square on white ground.", "train", 3.2),
    line("train", 9, 93, "We can see a square. It is red.", "train", 2.4),
    line("train", 25, 12, "Here Zoë holds a piñata – or a café, who knows.", "train", 2.75),
    line("train", 30, 7, "Stars.", "train", "-"),
    line("train", 49, 7, 'Green lines, with a "quote" and a \\ sign.', "dev", 1.5),
    line("train", 61, 8, "A grey picture, and nothing more in it.", "train", 2),
    line("train", 81, 8, 'Traces [[of]] a "traces": [[ mouse ]] in words.', "train", 1.25),
    line("val", 73, 93, "A yellow star on the left side.", "test", 1.8),
    line("val", 73, 93, "A yellow star on the left side.", "test", 1.8, "#2"),
    line("val", 73, 94, "Star.", "test", 0.5),
    line("val", 137576, 93, "In this picture there is a blue circle.", "test", 119.5),
  ]);
  const shard = (n: number) => `coco_train_localized_narratives-0000${n}-of-00004.jsonl`;
  assert.deepEqual(odd, [
    `: missing file of the train part: ${shard(2)}`,
    `${shard(1)}:3: recording without a caption, skipped: caption`,
    "coco_val_localized_narratives.jsonl:2: recording listed again, numbered: coco_val/coco_val_73_93.ogg",
    "train part: train entry of an image in val, skipped: coco_train_73_8",
  ]);
});

Deno.test("the RAVDESS fixture is read to the field: videos, songs and hidden files are skipped", async () => {
  const oddities: Oddity[] = [];
  const clips = await loadRavdess(join(ROOT, "ravdess"), { onOddity: (oddity) => oddities.push(oddity) });
  const expected = ["01", "02", "20"].flatMap((speaker) =>
    [["01", "neutral"], ["02", "neutral"], ["05", "angry"]].map(([code, emotion]): EmotionClip => ({
      id: `03-01-${code}-01-02-01-${speaker}`,
      audio: join(
        ROOT,
        "ravdess",
        "Audio_Speech_Actors_01-24",
        `Actor_${speaker}`,
        `03-01-${code}-01-02-01-${speaker}.wav`,
      ),
      emotion: emotion!,
      statement: "Dogs are sitting by the door",
      speaker,
      split: speaker === "20" ? "test" : "train",
    }))
  );
  assert.deepEqual(clips, expected);
  const kinds = Map.groupBy(oddities, ({ kind }) => kind);
  assert.deepEqual(kinds.get("video file, skipped")?.map(({ value }) => value), ["02-01-06-01-02-01-01.mp4"]);
  assert.deepEqual(kinds.get("song, skipped")?.map(({ value }) => value), ["03-02-05-01-01-01-02.wav"]);
  // Of each actor 1 of 4 neutral, 1 of 8 calm, 1 of 8 angry; of actor 02 a fearful one too, of 8.
  assert.equal(kinds.get("missing recording of the published plan")?.length, 3 * (3 + 7 + 7) + 7);
  assert.equal(kinds.get("fewer than 19 actors: those from 20 on are test")?.length, 1);
  assert.equal(kinds.size, 4);
});
