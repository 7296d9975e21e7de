import assert from "node:assert/strict";
import { join } from "@std/path";
import { checkDiskSpace, describePlan, planTranscription } from "../../lib/whisper/plan.ts";
import { formatBytes, freeSpace } from "../../lib/files/disk.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { lengthWhisper, withRecordings } from "./length_whisper.ts";

Deno.test("a plan uses known lengths, and estimates the others from a few decoded recordings", async () => {
  await withRecordings(async (root, recordings) => {
    const options = { folder: join(root, "not", "there", "yet"), states: true, width: 512, maxSeconds: 120 };
    const known = recordings.map(({ audio }, i) => ({ audio, seconds: 100 + 10 * i })); // 100 to 200 s, 1650 s
    const plan = await planTranscription(known, options);
    assert.deepEqual([plan.recordings, plan.known, plan.seconds], [11, 11, 1650]);
    const stored = known.reduce((sum, { seconds }) => sum + Math.min(120, seconds), 0);
    assert.ok(Math.abs(plan.bytes / (2 * 512 * 50 * stored) - 1) < 0.01);
    assert.ok(plan.free! > 0);
    assert.match(describePlan(plan), /^to transcribe: 11 recordings, 0\.46 h; about \d+\.\d MB to store, .* free$/);

    const guessed = await planTranscription(recordings, options);
    assert.equal(guessed.known, 0);
    assert.ok(Math.abs(guessed.seconds! - 11 * 0.15) < 0.3, String(guessed.seconds));
    assert.match(describePlan(guessed), /recordings, about 0\.00 h/);
    const half = await planTranscription([...known.slice(0, 5), ...recordings.slice(5)], { ...options, states: false });
    assert.equal(half.known, 5);
    assert.ok(half.bytes > 0 && half.bytes < 10000);

    const nothing = await planTranscription(known, { ...options, folder: undefined });
    assert.deepEqual([nothing.bytes, nothing.free], [0, undefined]);
    assert.match(describePlan(nothing), /nothing is stored$/);
    const lost = await planTranscription([{ audio: "no/such/file.wav" }], options);
    assert.equal(lost.seconds, undefined);
    assert.match(describePlan(lost), /of unknown length/);
  });
});

Deno.test("results that cannot fit are refused before anything is transcribed", async () => {
  await withRecordings(async (root, recordings) => {
    const whisper = { ...lengthWhisper(), width: 1e12 };
    await assert.rejects(transcribeAll(recordings, whisper, { folder: join(root, "cache") }), {
      name: "InputError",
      message:
        /^Cannot store transcripts and encoder states in '.*cache.*' as about .* TB are needed for 11 recordings and .* are free\. Free some space.*--audio-seconds.*--no-cache/,
    });
    assert.equal(whisper.transcribed, 0);
    const plan = { recordings: 1, seconds: 1, known: 1, bytes: 100, free: 100 };
    checkDiskSpace(plan, "x");
    checkDiskSpace({ ...plan, free: undefined }, "x");
    assert.throws(
      () => checkDiskSpace({ ...plan, free: 99 }, "x"),
      /100 B are needed for 1 recordings and 99 B are free/,
    );
  });
});

Deno.test("transcribeAll reports its plan, and nothing if there is nothing to do", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const lines: string[] = [];
    for (const expected of [1, 1]) {
      const speech = await transcribeAll(recordings, lengthWhisper(), {
        folder,
        report: (line) => void lines.push(line),
      });
      assert.equal(lines.length, expected);
      await speech.close();
    }
    assert.match(lines[0]!, /^to transcribe: 11 recordings, about 0\.00 h; about \d\.\d kB to store/);
  });
});

Deno.test("formatBytes picks a unit", async () => {
  assert.deepEqual([0, 999, 1000, 12345678, 1.5e15].map(formatBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "12.3 MB",
    "1500.0 TB",
  ]);
  assert.ok((await freeSpace("."))! > 0);
});
