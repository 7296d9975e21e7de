import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { loadRavdess } from "../../lib/datasets/ravdess.ts";
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
      assert.equal(clips.length, 24 * 3); // fearful is left out
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

Deno.test("loadRavdess names what is wrong", async () => {
  const wrong: [string, RegExp][] = [
    ["Actor_01/03-01-09-01-01-01-01.wav", /must tell a mood from 01 to 08/],
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

const REAL = "../shared/data/ravdess";
const present = await exists(REAL);
if (!present) console.log(`The test on the published RAVDESS is skipped: there is no ${REAL}.`);

Deno.test({
  name: "loadRavdess and readAudio read the published recordings",
  ignore: !present,
  async fn() {
    const clips = await loadRavdess(REAL);
    for (const clip of clips.filter((_, i) => i % 60 === 0)) {
      const samples = await readAudio(clip.audio);
      assert.ok(samples.length > 16000 && samples.length < 8 * 16000, clip.audio);
    }
    assert.equal(new Set(clips.map((clip) => clip.speaker)).size, 24);
    assert.deepEqual([...new Set(clips.map((clip) => clip.emotion))].sort(), ["angry", "happy", "neutral", "sad"]);
  },
});
