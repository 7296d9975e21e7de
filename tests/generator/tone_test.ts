import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { exists, readJson } from "../../lib/files/read.ts";
import { Random } from "../../lib/random.ts";
import { planTone, TONE_SIZES, type ToneLine } from "../../data/generator/corpus_emotion.ts";
import { moodSvg, PICTURE_MOODS, renderMood } from "../../data/generator/draw_things.ts";
import { distinctScenes, sceneKey, sceneUse } from "../../data/generator/scene.ts";
import { heldOutVoices } from "../../data/generator/synthesize.ts";

const data = join(import.meta.dirname as string, "..", "..", "data", "sample", "tone");

Deno.test("the plan shares no scene and no caption between splits, and draws scenes that no model has seen", () => {
  const plan = planTone(2026);
  const scenes = plan.map(({ scene }) => sceneKey(scene));
  assert.equal(new Set(scenes).size, plan.length);
  assert.ok(plan.every(({ scene }) => sceneUse(scene) === "tone"));
  const texts = plan.flatMap(({ texts }) => texts);
  assert.equal(new Set(texts).size, texts.length);
  for (const split of ["train", "dev", "test"] as const) {
    assert.equal(plan.filter((scene) => scene.split === split).length, TONE_SIZES[split].scenes);
  }
  const unheard = new Set(heldOutVoices);
  assert.ok(plan.every(({ split, voices }) => split !== "train" || !voices.some((voice) => unheard.has(voice))));
});

Deno.test("twins are the same drawing but for the face and the light", async () => {
  const [scene] = distinctScenes("tone", 1, new Random(3));
  const svg = PICTURE_MOODS.map((mood) => moodSvg(scene!, mood, new Random("x"), { width: 64, height: 64 }));
  const below = svg.map((text) => text.slice(0, text.indexOf('<rect width="100" height="100" fill="#', 200)));
  assert.equal(new Set(below).size, 1, "the scene is the same");
  assert.equal(new Set(svg).size, 4, "the moods differ");
  // The pixels of every pair of emotions differ clearly in the face and slightly elsewhere.
  const pixels = await Promise.all(PICTURE_MOODS.map(async (mood) =>
    new Uint8Array(
      await sharp(await renderMood(scene!, mood, 1, { size: 64, quality: 95 })).extract({
        left: 24,
        top: 4,
        width: 16,
        height: 18,
      }).raw().toBuffer(),
    )
  ));
  pixels.forEach((a, i) =>
    pixels.slice(i + 1).forEach((b) => {
      const apart = a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
      assert.ok(apart > 20, `faces differ by ${apart} of 255 on average`);
    })
  );
});

const ignore = !await exists(join(data, "pairs.jsonl"));

Deno.test({
  name: `the bundled twins share captions and voices and differ in mood alone${ignore ? " (skipped: no data)" : ""}`,
  ignore,
  fn: async () => {
    const text = await Deno.readTextFile(join(data, "pairs.jsonl"));
    const lines = text.trim().split("\n").map((line) => JSON.parse(line) as ToneLine);
    const groups = Map.groupBy(lines, ({ group }) => group);
    for (const [name, group] of groups) {
      assert.deepEqual(group.map(({ mood }) => mood).sort(), [...PICTURE_MOODS].sort(), name);
      assert.equal(new Set(group.map(({ speaker }) => speaker)).size, 1);
      assert.equal(new Set(group.map(({ text }) => text)).size, 1);
      assert.equal(new Set(group.map(({ split }) => split)).size, 1);
      assert.equal(new Set(group.map(({ image }) => image)).size, 4);
    }
    // No caption states an emotion.
    const words = new Set(lines.flatMap(({ text }) => text.split(" ")));
    for (const word of ["happy", "sad", "angry", "smiling", "crying", "face", "mood"]) {
      assert.ok(!words.has(word), word);
    }
    for (const { image, audio, flat } of lines) {
      for (const file of [image, audio, ...(flat === undefined ? [] : [flat])]) {
        assert.ok(await exists(join(data, file)), file);
      }
    }
    const manifest = await readJson(join(data, "..", "..", "manifest.json")) as { files: Record<string, unknown> };
    assert.ok(manifest.files[`sample/tone/${lines[0]!.audio}`] !== undefined);
  },
});
