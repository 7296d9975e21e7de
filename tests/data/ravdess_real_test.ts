import assert from "node:assert/strict";
import { join } from "@std/path";
import { inspectAudio } from "../../lib/audio/inspect.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";
import type { EmotionClip } from "../../lib/data/pair.ts";
import { loadRavdess } from "../../lib/data/ravdess.ts";
import { exists } from "../../lib/files.ts";

/** Recordings of RAVDESS, moods 01 to 05, at 16 kHz; and some of them at 48 kHz. They are not part of this project. */
const REAL = "../shared/data/ravdess";
const WIDE = "../shared/data/ravdess-48k";
const present = await exists(REAL) && await exists(WIDE);
if (!present) console.log(`The tests on the published RAVDESS are skipped: there is no ${REAL} or no ${WIDE}.`);

function moods(clips: EmotionClip[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(clips, ({ emotion }) => emotion)].map(([mood, { length }]) => [mood, length]),
  );
}

Deno.test({
  name: "the published RAVDESS has the published counts, but for the four recordings that it lacks here",
  ignore: !present,
  async fn() {
    const told: string[] = [];
    const clips = await loadRavdess(REAL, { onOddity: ({ value }) => told.push(value) });
    // The published plan has 24 x (4 neutral + 8 calm + 8 happy + 8 sad + 8 angry) = 864.
    assert.deepEqual(told, [
      "03-01-02-01-01-02-01",
      "03-01-02-01-02-02-05",
      "03-01-02-02-02-01-05",
      "03-01-03-01-02-01-20",
    ]);
    const split = (name: string) => clips.filter((clip) => clip.split === name);
    assert.deepEqual(moods(split("train")), { neutral: 18 * 12 - 3, happy: 18 * 8, sad: 18 * 8, angry: 18 * 8 });
    assert.deepEqual(moods(split("test")), { neutral: 6 * 12, happy: 6 * 8 - 1, sad: 6 * 8, angry: 6 * 8 });
    assert.deepEqual(moods(await loadRavdess(REAL, { calm: "drop" })), {
      neutral: 96,
      happy: 191,
      sad: 192,
      angry: 192,
    });
    for (const { speaker, split } of clips) assert.equal(split, Number(speaker) >= 19 ? "test" : "train");
    assert.equal(new Set(clips.map(({ speaker }) => speaker)).size, 24);
    for (const statement of ["Kids are talking by the door", "Dogs are sitting by the door"]) {
      assert.ok(Math.abs(clips.filter((clip) => clip.statement === statement).length - 430) <= 2);
    }
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
    assert.deepEqual(moods(clips), { neutral: 2, happy: 2, sad: 2, angry: 2 });
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
