/** The index files of all data sets, those of the fixtures. */
import { cp } from "node:fs/promises";
import { join } from "@std/path";
import { listEntries } from "../../../lib/data/check/check_dataset.ts";
import { loadFlickr8k } from "../../../lib/data/flickr8k.ts";
import { loadLocalizedNarratives } from "../../../lib/data/localized_narratives.ts";
import { loadEmotionClips } from "../../../lib/data/own_data.ts";
import { loadOwnPairs } from "../../../lib/data/own_data.ts";
import type { EmotionClip, Pair } from "../../../lib/data/pair.ts";
import { loadSpokenCoco } from "../../../lib/data/spokencoco.ts";
import { loadTone } from "../../../lib/data/own_data.ts";
import { listRecordings } from "../../../lib/hub/fetch_data.ts";
import { checkManifest } from "../../../data/generator/manifest.ts";
import { check, checkInside, type World } from "../world.ts";

/** Checks what every data set promises. */
export function checkPairs(pairs: readonly Pair[], root: string): void {
  check(new Set(pairs.map(({ id }) => id)).size === pairs.length, "two pairs have one id");
  const splits = new Map<string, string>();
  for (const { id, imageId, image, audio, text, speaker, split, seconds = 1 } of pairs) {
    check([id, imageId, text, speaker].every((word) => typeof word === "string"), `'${id}' has a word that is no text`);
    check(id !== "" && imageId !== "", "a pair has no id");
    check(["train", "dev", "test"].includes(split), `the split is '${split}'`);
    check(seconds > 0 && seconds < Infinity, `${seconds} s`);
    for (const path of [image, audio]) checkInside(path, root);
    for (const key of [`file ${image}`, `id ${imageId}`]) {
      check((splits.get(key) ?? split) === split, `the picture '${key}' is in two splits`);
      splits.set(key, split);
    }
  }
}

/** Checks what every set of emotion clips promises. */
export function checkClips(clips: readonly EmotionClip[], root: string): void {
  check(new Set(clips.map(({ id }) => id)).size === clips.length, "two clips have one id");
  for (const { id, audio, emotion, statement, speaker, split } of clips) {
    check([id, emotion, statement, speaker].every((word) => typeof word === "string"), "a word is no text");
    check(id !== "" && emotion !== "" && ["train", "dev", "test"].includes(split), `'${id}' has no mood or split`);
    checkInside(audio, root);
  }
}

/** The worlds of the data sets. */
export async function worlds(root: string): Promise<World[]> {
  await cp("tests/fixtures/datasets", root, { recursive: true });
  const at = (name: string): string => join(root, name);
  const pairs = (
    name: string,
    files: string[],
    load: (folder: string) => Promise<Pair[]>,
    place = at(name),
  ): World => ({ name, folder: place, files, read: async () => checkPairs(await load(place), place) });
  const narratives = ["coco_train_localized_narratives-00001-of-00004.jsonl", "coco_val_localized_narratives.jsonl"];
  const splits = ["train", "dev", "test"].map((split) => `Flickr_8k.${split}Images.txt`);
  const lists = ["flickr_audio/wav2capt.txt", "flickr_audio/wav2spk.txt"];
  await Deno.mkdir(at("tone"));
  const tone = ["neutral", "happy", "sad"].map((mood, i) =>
    JSON.stringify({
      image: `${i}.png`,
      audio: `${i}.wav`,
      flat: `f/${i}.wav`,
      text: "a cat",
      mood,
      group: "g",
      split: "test",
    })
  );
  await Deno.writeTextFile(at("tone/tone.jsonl"), `${tone.join("\n")}\n`);
  await Deno.mkdir(at("sample"));
  const listed = { "sample/a.wav": { bytes: 1, sha256: "0".repeat(64), stage: "corpora" } };
  await Deno.writeTextFile(at("sample/manifest.json"), JSON.stringify({ seed: 1, tools: {}, bytes: 1, files: listed }));
  return [
    pairs("flickr8k", ["Flickr8k.token.txt", ...splits, ...lists, ...lists], loadFlickr8k),
    pairs("flickr8k-mirror", ["captions.txt"], loadFlickr8k),
    pairs("spokencoco", ["train", "val"].map((part) => `SpokenCOCO/SpokenCOCO_${part}.json`), loadSpokenCoco),
    pairs("ln-coco", narratives, loadLocalizedNarratives),
    pairs("own.jsonl", ["pairs.jsonl"], (folder) => loadOwnPairs(join(folder, "pairs.jsonl")), at("own")),
    pairs("own.csv", ["pairs.csv"], (folder) => loadOwnPairs(join(folder, "pairs.csv")), at("own")),
    {
      name: "clips",
      folder: at("own"),
      files: ["labels.csv"],
      async read() {
        checkClips(await loadEmotionClips(join(at("own"), "labels.csv")), at("own"));
        await listEntries("own", join(at("own"), "labels.csv"));
      },
    },
    {
      name: "tone",
      folder: at("tone"),
      files: ["tone.jsonl"],
      async read() {
        const pairs = await loadTone(join(at("tone"), "tone.jsonl"));
        checkPairs(pairs, at("tone"));
        for (const { emotion, group, flat = at("tone/f.wav") } of pairs) {
          check(typeof emotion === "string" && typeof group === "string", "no emotion or group");
          checkInside(flat, at("tone"));
        }
      },
    },
    {
      name: "recordings",
      folder: at("ln-coco"),
      files: narratives,
      async read() {
        const names = await listRecordings({ url: "", lists: narratives } as never, at("ln-coco"));
        for (const name of names) checkInside(join(at("ln-coco"), name), at("ln-coco"));
      },
    },
    {
      name: "manifest",
      folder: at("sample"),
      files: ["manifest.json"],
      async read() {
        for (const line of await checkManifest(at("sample"))) check(typeof line === "string", "no line");
      },
    },
  ];
}
