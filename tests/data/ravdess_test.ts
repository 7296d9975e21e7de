import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadRavdess } from "../../lib/data/ravdess.ts";
import { withFiles } from "./files.ts";

function actors(count: number, ending = "wav"): Record<string, string> {
  const files: Record<string, string> = {};
  for (let actor = 1; actor <= count; actor++) {
    const aa = String(actor).padStart(2, "0");
    for (const mood of ["01", "02", "03", "06"]) files[`Actor_${aa}/03-01-${mood}-01-02-01-${aa}.${ending}`] = "";
  }
  return files;
}

Deno.test("loadRavdess reads the published layout with the authors' split", async () => {
  await withFiles(
    { ...actors(24), "Actor_01/02-01-03-01-01-01-01.mp4": "", "Actor_01/.DS_Store": "" },
    async (root) => {
      const clips = await loadRavdess(root);
      assert.equal(clips.length, 24 * 3); // fearful is skipped
      assert.deepEqual(clips[1], {
        id: "03-01-02-01-02-01-01",
        audio: join(root, "Actor_01", "03-01-02-01-02-01-01.wav"),
        emotion: "neutral",
        statement: "Dogs are sitting by the door",
        speaker: "01",
        split: "train",
      });
      for (const { speaker, split } of clips) assert.equal(split, Number(speaker) >= 19 ? "test" : "train");
      assert.equal((await loadRavdess(root, { calm: "drop" })).length, 24 * 2);
      const dev = (await loadRavdess(root, { dev: [17, 18] })).filter((clip) => clip.split === "dev");
      assert.deepEqual([...new Set(dev.map((clip) => clip.speaker))], ["17", "18"]);
    },
  );
});

Deno.test("loadRavdess takes the last quarter of fewer actors as test, and any sound format", async () => {
  await withFiles(actors(10, "opus"), async (root) => {
    const test = (await loadRavdess(root)).filter((clip) => clip.split === "test");
    assert.deepEqual([...new Set(test.map((clip) => clip.speaker))], ["08", "09", "10"]);
  });
});

Deno.test("loadRavdess reads the archive's folder in upper or lower case, and reports songs, videos and gaps", async () => {
  const all: Record<string, string> = {};
  for (const [mood, intensities] of [["01", ["01"]], ["03", ["01", "02"]]] as const) {
    for (const intensity of intensities) {
      for (const statement of ["01", "02"]) {
        for (const take of ["01", "02"]) {
          all[`audio_speech_actors_01-24/Actor_07/03-01-${mood}-${intensity}-${statement}-${take}-07.wav`] = "";
        }
      }
    }
  }
  const odd = async (files: Record<string, string>) => {
    const told: string[] = [];
    await withFiles(files, async (root) => {
      await loadRavdess(root, { onOddity: ({ kind, value }) => told.push(`${kind}: ${value}`) });
    });
    return told.slice(1); // the first one says that there are few actors
  };
  assert.deepEqual(await odd(all), []);
  const { "audio_speech_actors_01-24/Actor_07/03-01-03-02-01-02-07.wav": _, ...most } = all;
  const folder = "audio_speech_actors_01-24/Actor_07";
  const more = { [`${folder}/03-02-03-01-01-01-07.wav`]: "", [`${folder}/01-01-03-01-01-01-07.mp4`]: "" };
  assert.deepEqual(await odd({ ...most, ...more }), [
    "video file, skipped: 01-01-03-01-01-01-07.mp4",
    "song, skipped: 03-02-03-01-01-01-07.wav",
    "missing recording of the published plan: 03-01-03-02-01-02-07",
  ]);
});

Deno.test("loadRavdess reads every actor of mixed layouts, each recording once", async () => {
  const packed = (folder: string, files: Record<string, string>) =>
    Object.fromEntries(Object.keys(files).map((name) => [`${folder}/${name}`, ""]));
  const all = actors(24);
  const only = (...numbers: string[]) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => numbers.includes(name.slice(6, 8))));
  const layouts: [Record<string, string>, again: number][] = [
    [packed("Audio_Speech_Actors_01-24", all), 0],
    [packed("ravdess/Audio_Speech_Actors_01-24", all), 0],
    [{ ...all, ...packed("audio_speech_actors_01-24", only("01")) }, 4],
    [{ ...only("01", "24"), ...packed("Audio_Speech_Actors_01-24", all) }, 8],
    [{ ...packed("Audio_Speech_Actors_01-24", all), "Video_Speech_Actor_01/Actor_01/01-01-03-01-01-01-01.mp4": "" }, 0],
    [
      { ...packed("Audio_Speech_Actors_01-24", all), "Audio_Song_Actors_01-24/Actor_01/03-02-03-01-01-01-01.wav": "" },
      0,
    ],
    [Object.fromEntries(Object.keys(all).map((name, i) => [i % 2 ? name : `part/${name}`, ""])), 0],
    [Object.fromEntries(Object.keys(all).map((name) => [name.replace("Actor", "actor"), ""])), 0],
  ];
  const ids = Object.keys(all).flatMap((name) => /03-01-0[123].*(?=\.wav)/.exec(name)?.[0] ?? []).sort();
  for (const [files, again] of layouts) {
    const odd: string[] = [];
    await withFiles(files, async (root) => {
      const clips = await loadRavdess(root, { onOddity: ({ kind }) => odd.push(kind) });
      assert.deepEqual(clips.map(({ id }) => id).sort(), ids);
      for (const { audio } of clips) await Deno.stat(audio);
      for (const { speaker, split } of clips) assert.equal(split, Number(speaker) >= 19 ? "test" : "train");
    });
    assert.equal(odd.filter((kind) => kind === "recording in another folder too, skipped").length, again);
  }
});

Deno.test("loadRavdess follows links to folders", { ignore: Deno.build.os === "windows" }, async () => {
  await withFiles(Object.fromEntries(Object.keys(actors(2)).map((name) => [`elsewhere/${name}`, ""])), async (root) => {
    await Deno.mkdir(join(root, "data"));
    for (const actor of ["Actor_01", "Actor_02"]) {
      await Deno.symlink(join(root, "elsewhere", actor), join(root, "data", actor));
    }
    assert.equal((await loadRavdess(join(root, "data"))).length, 6);
  });
});

Deno.test("loadRavdess names what is wrong", async () => {
  const wrong: [string, RegExp][] = [
    ["Actor_01/03-01-09-01-01-01-01.wav", /must have an emotion from 01 to 08/],
    ["Actor_01/03-01-01-01-03-01-01.wav", /a sentence 01 or 02/],
    ["Actor_01/03-01-01-01-01-01-02.wav", /actor 01/],
    ["Actor_01/kids.wav", /its name must be 'MM-CC/],
  ];
  for (const [name, message] of wrong) {
    await withFiles({ [name]: "" }, (root) => assert.rejects(loadRavdess(root), { name: "InputError", message }));
  }
  await withFiles({}, async (root) => {
    await assert.rejects(loadRavdess(root), /list 0 recordings/);
    await assert.rejects(loadRavdess(join(root, "nowhere")), /no such file or folder/);
  });
});
