import assert from "node:assert/strict";
import { basename, join } from "@std/path";
import { inspectAudio } from "../../lib/audio/read_audio.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";
import type { EmotionClip } from "../../lib/data/pair.ts";
import { loadRavdess } from "../../lib/data/ravdess.ts";
import { exists } from "../../lib/files/read.ts";
import { inFolder } from "../helpers.ts";

/** Recordings of RAVDESS, emotions 01 to 05, at 16 kHz; and some of them at 48 kHz. They are not part of this project. */
const REAL = "../shared/data/ravdess";
const WIDE = "../shared/data/ravdess-48k";
const present = await exists(REAL) && await exists(WIDE);
if (!present) console.log(`The tests on the published RAVDESS are skipped: there is no ${REAL} or no ${WIDE}.`);

function emotions(clips: EmotionClip[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(clips, ({ emotion }) => emotion)].map(([emotion, { length }]) => [emotion, length]),
  );
}

Deno.test({
  name: "the published RAVDESS has the published counts",
  ignore: !present,
  async fn() {
    const odd: string[] = [];
    const clips = await loadRavdess(REAL, { onOddity: ({ value }) => odd.push(value) });
    // The published plan has 24 x (4 neutral + 8 calm + 8 happy + 8 sad + 8 angry) = 864.
    assert.deepEqual(odd, []);
    assert.equal(clips.length, 864);
    const split = (name: string) => clips.filter((clip) => clip.split === name);
    assert.deepEqual(emotions(split("train")), { neutral: 18 * 12, happy: 18 * 8, sad: 18 * 8, angry: 18 * 8 });
    assert.deepEqual(emotions(split("test")), { neutral: 6 * 12, happy: 6 * 8, sad: 6 * 8, angry: 6 * 8 });
    assert.deepEqual(emotions(await loadRavdess(REAL, { calm: "drop" })), {
      neutral: 96,
      happy: 192,
      sad: 192,
      angry: 192,
    });
    for (const { speaker, split } of clips) assert.equal(split, Number(speaker) >= 19 ? "test" : "train");
    assert.equal(new Set(clips.map(({ speaker }) => speaker)).size, 24);
    for (const statement of ["Kids are talking by the door", "Dogs are sitting by the door"]) {
      assert.equal(clips.filter((clip) => clip.statement === statement).length, 432);
    }
  },
});

Deno.test({
  name: "recordings that the published RAVDESS should have are reported when they are missing",
  ignore: !present,
  async fn() {
    const missing = [
      "03-01-02-01-01-02-01",
      "03-01-02-01-02-02-05",
      "03-01-02-02-02-01-05",
      "03-01-03-01-02-01-20",
    ];
    await inFolder(async (folder) => {
      for (const { audio, id, speaker } of await loadRavdess(REAL)) {
        if (missing.includes(id)) continue;
        await Deno.mkdir(join(folder, `Actor_${speaker}`), { recursive: true });
        await Deno.copyFile(audio, join(folder, `Actor_${speaker}`, basename(audio)));
      }
      const odd: string[] = [];
      const clips = await loadRavdess(folder, { onOddity: ({ value }) => odd.push(value) });
      assert.deepEqual(odd, missing);
      const split = (name: string) => clips.filter((clip) => clip.split === name);
      assert.deepEqual(emotions(split("train")), { neutral: 18 * 12 - 3, happy: 18 * 8, sad: 18 * 8, angry: 18 * 8 });
      assert.deepEqual(emotions(split("test")), { neutral: 6 * 12, happy: 6 * 8 - 1, sad: 6 * 8, angry: 6 * 8 });
    });
  },
});

Deno.test({
  name: "each recording of the published RAVDESS can be decoded, in mono at 16 kHz",
  ignore: !present,
  async fn() {
    for (const { audio } of await loadRavdess(REAL)) {
      const facts = await inspectAudio(await Deno.readFile(audio), audio);
      assert.deepEqual([facts.format, facts.sampleRate, facts.channels], ["wav", 16000, 1], audio);
      assert.ok(facts.seconds > 1 && facts.seconds < 8 && facts.peak > 0, audio);
    }
  },
});

Deno.test({
  name: "the recordings at 48 kHz, resampled, are those at 16 kHz",
  ignore: !present,
  async fn() {
    const clips = await loadRavdess(WIDE);
    assert.deepEqual(emotions(clips), { neutral: 2, happy: 2, sad: 2, angry: 2 });
    for (const { audio, id, speaker } of clips) {
      const wide = await readAudio(audio);
      const narrow = await readAudio(join(REAL, `Actor_${speaker}`, `${id}.wav`));
      assert.ok(Math.abs(wide.length - narrow.length) <= 1, `${wide.length} and ${narrow.length} samples`);
      let both = 0, first = 0, second = 0;
      for (let i = 0; i < Math.min(wide.length, narrow.length); i++) {
        both += wide[i]! * narrow[i]!;
        first += wide[i]! ** 2;
        second += narrow[i]! ** 2;
      }
      const similarity = both / Math.sqrt(first * second);
      assert.ok(similarity > 0.999, `${id}: cosine ${similarity}`);
    }
  },
});
