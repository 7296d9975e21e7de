import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import { loadRavdess } from "../../lib/data/ravdess.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { makeCorpora } from "../../data/generator/corpora.ts";
import { CAPTIONS_PER_PICTURE, planCorpora, SAMPLE_SEED, SAMPLE_SIZES } from "../../data/generator/plan.ts";
import { planSpeech } from "../../data/generator/speech_texts.ts";
import { castActors, moodRecipe, MOODS, planTone } from "../../data/generator/corpus_emotion.ts";
import {
  CAPTION_SPEECH,
  heldOutVoices,
  NARRATION_SPEECH,
  recipeFor,
  trainVoices,
} from "../../data/generator/synthesize.ts";
import { sceneKey, sceneUse } from "../../data/generator/scene.ts";
import { inFolder, spokenTest } from "./spoken.ts";

Deno.test("no scene, caption or narration is shared between splits", () => {
  const plan = planCorpora();
  const splitOf = new Map<string, string>(planSpeech(SAMPLE_SEED).map(({ text }) => [text, "Whisper's pretraining"]));
  for (const text of planTone(SAMPLE_SEED).flatMap(({ texts }) => texts)) splitOf.set(text, "tone");
  const scenes = new Set<string>();
  for (const [set, pictures] of Object.entries(plan)) {
    for (const { split, scene, captions, narration, id } of pictures) {
      assert.equal(sceneUse(scene), set);
      assert.ok(!scenes.has(sceneKey(scene)));
      scenes.add(sceneKey(scene));
      assert.ok(captions.length === CAPTIONS_PER_PICTURE || (set === "coco" && captions.length === 0));
      assert.equal(new Set(captions).size, captions.length);
      for (const text of narration === undefined ? captions : [...captions, narration]) {
        const owner = split === "test" ? "test" : `${set} ${id}`;
        assert.equal(splitOf.get(text) ?? owner, owner, text);
        splitOf.set(text, owner);
      }
    }
  }
  const count = (set: "flickr8k" | "coco", split: string) =>
    plan[set].filter((picture) => picture.split === split).length;
  assert.deepEqual(
    { flickr8k: { train: count("flickr8k", "train"), dev: count("flickr8k", "dev"), test: count("flickr8k", "test") } },
    { flickr8k: SAMPLE_SIZES.flickr8k },
  );
  assert.deepEqual([count("coco", "train"), count("coco", "test")], [SAMPLE_SIZES.coco.train, SAMPLE_SIZES.coco.test]);
  assert.ok(count("coco", "test") >= 500 && count("flickr8k", "test") >= 100);
  const captioned = (split: string) =>
    plan.coco.filter((picture) => picture.split === split && picture.captions.length > 0);
  const { train, test } = SAMPLE_SIZES.coco.captioned;
  assert.deepEqual([captioned("train").length, captioned("test").length], [train, test]);
});

Deno.test("captions and narrations have the promised shares of new voices and of noise in every split", () => {
  const unheard = new Set(heldOutVoices.map(({ name }) => name));
  const share = (
    split: "train" | "test",
    is: (recipe: ReturnType<typeof recipeFor>) => boolean,
    conditions = CAPTION_SPEECH,
  ): number =>
    Array.from({ length: 2000 }, (_, i) => recipeFor("a cat", split, `${split} ${i}`, conditions)).filter(is).length /
    2000;
  assert.equal(share("train", ({ voice }) => unheard.has(voice.name)), 0);
  assert.ok(Math.abs(share("test", ({ voice }) => unheard.has(voice.name)) - 1 / 3) < 0.04);
  assert.ok(Math.abs(share("train", ({ noise }) => noise !== undefined) - 0.35) < 0.04);
  for (const split of ["train", "test"] as const) {
    const told = share(split, ({ voice }) => unheard.has(voice.name), NARRATION_SPEECH);
    assert.ok(Math.abs(told - NARRATION_SPEECH.unseen[split]) < 0.04);
  }
});

Deno.test("24 actors, alternately men and women, whose emotions differ in prosody only", () => {
  const actors = castActors(1);
  assert.equal(new Set(actors.map(({ name }) => name)).size, 24);
  actors.forEach(({ gender }, i) => assert.equal(gender, i % 2 === 0 ? "male" : "female"));
  const voice = actors[0]!;
  const mean = (mood: keyof typeof MOODS, of: "pitch" | "rate" | "range"): number =>
    Array.from({ length: 50 }, (_, i) => moodRecipe(voice, MOODS[mood], 1, "a", `${i}`)[of]!).reduce((a, b) => a + b) /
    50;
  assert.ok(mean("happy", "pitch") > mean("neutral", "pitch") && mean("neutral", "pitch") > mean("sad", "pitch"));
  assert.ok(mean("angry", "rate") > mean("neutral", "rate") && mean("neutral", "rate") > mean("sad", "rate"));
  assert.ok(mean("happy", "range") > mean("sad", "range"));
});

spokenTest("small corpora have the layouts of the published sets, and a second call makes nothing", async () => {
  await inFolder(async (folder) => {
    const lines: string[] = [];
    const make = () =>
      makeCorpora({
        directory: folder,
        work: join(folder, "work"),
        sizes: {
          flickr8k: { train: 2, dev: 1, test: 1 },
          coco: { train: 3, test: 2, captioned: { train: 3, test: 1 } },
        },
        actors: 2,
        tone: {
          train: { scenes: 2, captions: 2 },
          dev: { scenes: 1, captions: 1 },
          test: { scenes: 1, captions: 1 },
        },
        log: (line) => lines.push(line),
      });
    await make();
    assert.equal(lines.length, 4);
    await checkFlickr8k(join(folder, "flickr8k"));
    await checkCoco(join(folder, "coco"));
    const takes = await Array.fromAsync(Deno.readDir(join(folder, "ravdess", "Actor_02")));
    assert.equal(takes.length, 28);
    assert.ok(takes.some(({ name }) => name === "03-01-05-02-02-01-02.opus"));
    await checkLoaders(folder);
    await make();
    assert.equal(lines.length, 4, "nothing was made again");
  });
});

async function checkFlickr8k(root: string): Promise<void> {
  const read = async (name: string) => (await Deno.readTextFile(join(root, name))).trim().split("\n");
  const tokens = await read("Flickr8k.token.txt");
  assert.equal(tokens.length, 4 * 5);
  const images = new Set<string>();
  for (const split of ["train", "dev", "test"]) {
    for (const name of await read(`Flickr_8k.${split}Images.txt`)) images.add(name);
  }
  assert.equal(images.size, 4);
  const [wavs, speakers] = [await read("flickr_audio/wav2capt.txt"), await read("flickr_audio/wav2spk.txt")];
  assert.equal(speakers.length, 20);
  for (const [i, line] of wavs.entries()) {
    const [wav, image, place] = line.split(" ") as [string, string, string];
    assert.ok(images.has(image) && tokens.some((token) => token.startsWith(`${image}${place}\t`)));
    assert.equal(speakers[i]!.split(" ")[0], wav);
    if (i % 5 === 0) assert.ok((await readAudio(join(root, "flickr_audio/wavs", wav))).length > 8000);
    assert.deepEqual([...(await Deno.readFile(join(root, "Images", image))).subarray(0, 2)], [0xff, 0xd8]);
  }
}

async function checkCoco(root: string): Promise<void> {
  const narratives = new Map<string, string>();
  for (
    const name of ["00000", "00001", "00002", "00003"].map((n) => `coco_train_localized_narratives-${n}-of-00004.jsonl`)
  ) {
    for (const line of (await Deno.readTextFile(join(root, name))).split("\n").filter((line) => line !== "")) {
      const told = JSON.parse(line);
      narratives.set(told.image_id, told.voice_recording);
      assert.equal(told.dataset_id, "mscoco_train2017");
      assert.equal(told.caption, told.timed_caption.map((part: { utterance: string }) => part.utterance).join(" "));
      assert.match(
        told.voice_recording,
        new RegExp(`^coco_train/coco_train_${told.image_id}_${told.annotator_id}\\.ogg$`),
      );
      const seconds = (await readAudio(join(root, told.voice_recording))).length / 16000;
      assert.ok(Math.abs(told.timed_caption.at(-1).end_time - seconds) < 0.02);
    }
  }
  const { data } = JSON.parse(await Deno.readTextFile(join(root, "SpokenCOCO_train.json")));
  assert.equal(data.length, 3);
  for (const { image, captions } of data) {
    const number = /^train2014\/COCO_train2014_(\d{12})\.jpg$/.exec(image)![1]!;
    assert.ok(narratives.has(String(Number(number))));
    assert.deepEqual(
      await Deno.readFile(join(root, image)),
      await Deno.readFile(join(root, "train2017", `${number}.jpg`)),
    );
    assert.equal(captions.length, 5);
    for (const { wav, uttid } of captions) {
      assert.ok(wav.startsWith("wavs/train/0/") && wav.endsWith(`${uttid}.opus`));
      assert.ok((await Deno.stat(join(root, wav))).size > 500);
    }
  }
  const test = JSON.parse(await Deno.readTextFile(join(root, "SpokenCOCO_val.json"))).data;
  assert.equal(test.length, 1, "one of the two test images has captions");
  assert.equal((await Array.fromAsync(Deno.readDir(join(root, "val2014")))).length, 1);
}

/** The loaders of the published sets find everything that was planned. */
async function checkLoaders(folder: string): Promise<void> {
  const count = (items: { split: string }[]) =>
    items.reduce<Record<string, number>>((counts, { split }) => ({ ...counts, [split]: (counts[split] ?? 0) + 1 }), {});
  const flickr8k = await loadPairs("flickr8k", join(folder, "flickr8k"));
  assert.deepEqual(count(flickr8k), { train: 10, dev: 5, test: 5 });
  const spoken = await loadPairs("spokencoco", join(folder, "coco"));
  const told = await loadPairs("ln-coco", join(folder, "coco"));
  assert.deepEqual([count(spoken).test, count(told).test], [5, 2]);
  assert.deepEqual([spoken.length, told.length], [20, 5]);
  const unheard = new Set(heldOutVoices.map((_, i) => String(trainVoices.length + i + 1)));
  for (const { split, speaker } of flickr8k) {
    assert.ok(split !== "train" || !unheard.has(speaker), speaker);
  }
  for (const { image, audio } of [...flickr8k, ...spoken, ...told]) {
    assert.ok((await Deno.stat(image)).size > 500 && (await Deno.stat(audio)).size > 500);
  }
  const moods = await loadRavdess(join(folder, "ravdess"));
  assert.equal(moods.length, 56);
  assert.deepEqual(new Set(moods.map(({ emotion }) => emotion)), new Set(Object.keys(MOODS)));
}
