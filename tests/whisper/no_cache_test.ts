import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { wav } from "../audio/wav.ts";
import { temporaryFolder } from "../temporary.ts";
import { lengthWhisper, sourceOf, withRecordings } from "./length_whisper.ts";
import { randomWhisper, swell } from "./random_whisper.ts";

Deno.test("without a store the states are those of the store, to half precision, and nothing is written", async () => {
  const folder = await randomWhisper();
  const root = await temporaryFolder("brewclip-speech-");
  const recordings = [];
  for (let i = 0; i < 11; i++) {
    const audio = join(root, `r${i}.wav`);
    await Deno.writeFile(audio, wav([swell(i, 0.5 + (i * 1.3) % 5)], 16000));
    recordings.push({ id: `r${i}`, audio });
  }
  const source = await openWhisper(folder);
  const cache = join(root, "cache");
  const options = { folder: cache, maxSeconds: 3 };
  const without = await transcribeAll(recordings, source, { ...options, cache: false });
  assert.ok(!await exists(cache));
  const stored = await transcribeAll(recordings, source, options);
  assert.deepEqual(without.transcripts, stored.transcripts);
  assert.deepEqual([without.width, without.newRecordings, stored.newRecordings], [32, 11, 11]);
  const computed = await Promise.all(recordings.map(({ id }) => without.states(id))); // at once, as a batch asks
  let largest = 0;
  for (const [i, { id }] of recordings.entries()) {
    const expected = await stored.states(id);
    assert.equal(expected.length, 32 * stored.transcripts.get(id)!.frames);
    assert.equal(computed[i]!.length, expected.length);
    expected.forEach((value, j) => {
      assert.ok(Math.abs(value - computed[i]![j]!) <= 1e-4 + Math.abs(value) * 2 ** -11);
      largest = Math.max(largest, Math.abs(value));
    });
  }
  assert.ok(largest > 0.5, "the states should not be small");
  await without.close();
  await stored.close();
  for (const path of [folder, root]) await Deno.remove(path, { recursive: true });
});

Deno.test("the model is loaded once, serves transcripts and states, and is freed at the end", async () => {
  await withRecordings(async (root, recordings) => {
    const whisper = lengthWhisper();
    const speech = await transcribeAll(recordings, sourceOf(whisper), { folder: join(root, "cache"), cache: false });
    await speech.states("r3");
    await Promise.all(recordings.map(({ id }) => speech.states(id)));
    assert.deepEqual([whisper.loads, whisper.disposals, whisper.transcribed, whisper.encoded], [1, 0, 11, 12]);
    await assert.rejects(speech.states("nobody"), RangeError);
    await speech.close();
    assert.equal(whisper.disposals, 1);
  });
});

Deno.test("if the states of a recording fail, only that recording has an error", async () => {
  await withRecordings(async (root, recordings) => {
    const whisper = lengthWhisper();
    const speech = await transcribeAll(recordings, sourceOf(whisper), { folder: join(root, "cache"), cache: false });
    await Deno.remove(recordings[1]!.audio);
    whisper.trouble = ({ length }) => {
      if (length === 1600 + 160 * 3) throw new Error("crashed"); // r2
    };
    const all = await Promise.allSettled(recordings.map(({ id }) => speech.states(id)));
    assert.deepEqual(all.flatMap(({ status }, i) => status === "rejected" ? [i] : []), [1, 2]);
    assert.equal((all[1] as PromiseRejectedResult).reason.name, "InputError");
    assert.match(String((all[2] as PromiseRejectedResult).reason), /r2\.wav' as Whisper failed on it/);
    await speech.close();
  });
});
