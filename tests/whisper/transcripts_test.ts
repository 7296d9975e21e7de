import assert from "node:assert/strict";
import { join } from "@std/path";
import { tone, wav } from "../audio/wav.ts";
import { describeSpeed } from "../../lib/whisper/transcript.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { temporaryFolder } from "../temporary.ts";
import { lengthWhisper, sourceOf, withRecordings } from "./length_whisper.ts";
import type { Whisper } from "../../lib/whisper/whisper.ts";

Deno.test("transcribeAll transcribes everything once, then reads the store without loading the model", async () => {
  await withRecordings(async (root, recordings) => {
    const whisper = lengthWhisper();
    const folder = join(root, "cache");
    const seen: [number, number][] = [];
    const progress = (done: number, total: number) => void seen.push([done, total]);
    const first = await transcribeAll(recordings, sourceOf(whisper), { folder, batchSize: 2, progress });
    assert.deepEqual([whisper.transcribed, whisper.loads, first.newRecordings, first.width], [11, 1, 11, 2]);
    assert.deepEqual([...first.transcripts.keys()], recordings.map((recording) => recording.id));
    assert.deepEqual(seen.at(-1), [11, 11]);
    const states = await first.states("r3");
    const { frames, text, seconds } = first.transcripts.get("r3")!;
    assert.equal(text, `Length ${Math.round(16000 * seconds)}`);
    assert.equal(states.length, 2 * frames);
    const expected = tone(330, 16000, 0.2);
    states.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-3, "half precision"));
    await first.close();

    const second = await transcribeAll(recordings, sourceOf(whisper), { folder });
    assert.deepEqual([whisper.transcribed, whisper.loads, second.newRecordings], [11, 1, 0]);
    assert.deepEqual(second.transcripts, first.transcripts);
    assert.deepEqual(await second.states("r3"), states);
    await assert.rejects(second.states("nobody"), RangeError);
    await second.close();
  });
});

Deno.test("transcribeAll counts word errors if the reference is known, with and without punctuation", async () => {
  await withRecordings(async (root, recordings) => {
    const length = Math.round(16000 * 0.1);
    const texts = [{ ...recordings[0]!, text: `LENGTH, ${length}.` }, {
      ...recordings[1]!,
      text: "length unknown at all",
    }];
    const speech = await transcribeAll([...texts, recordings[2]!], lengthWhisper(), { folder: join(root, "cache") });
    assert.equal(speech.transcripts.get("r0")?.wer, 0);
    assert.equal(speech.transcripts.get("r0")?.rawWer, 1);
    assert.equal(speech.transcripts.get("r1")?.wer, 0.75);
    assert.ok(Number.isNaN(speech.transcripts.get("r2")?.wer));
    await speech.close();
  });
});

Deno.test("transcribeAll notices changed content, another model, and missing states; not a mere touch or move", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const whisper = lengthWhisper();
    const transcribe = async (list = recordings, source: Whisper = whisper, states = true) => {
      const before = whisper.transcribed;
      const speech = await transcribeAll(list, source, { folder, states });
      await speech.close();
      return { now: whisper.transcribed - before, speech };
    };
    assert.equal((await transcribe(recordings, whisper, false)).now, 11);
    assert.equal((await transcribe(recordings, whisper, false)).now, 0);
    assert.equal((await transcribe()).now, 0); // states are computed without a second decoding
    assert.equal(whisper.encoded, 11);
    assert.equal((await transcribe()).speech.newRecordings, 0);
    assert.equal((await transcribe(recordings, whisper, false)).now, 0);

    await Deno.utime(recordings[0]!.audio, 1, 1);
    const moved = { id: "moved", audio: join(root, "moved.wav") };
    await Deno.copyFile(recordings[1]!.audio, moved.audio);
    assert.equal((await transcribe([...recordings, moved])).now, 0);

    await Deno.writeFile(recordings[2]!.audio, wav([tone(1234, 16000, 0.3)], 16000));
    const { now, speech } = await transcribe();
    assert.equal(now, 1);
    assert.equal(speech.transcripts.get("r2")?.text, "Length 4800");

    const other = lengthWhisper("other");
    await transcribe(recordings, other);
    assert.equal(other.transcribed, 11);
  });
});

Deno.test("transcribeAll lists recordings that cannot be used, and transcribes them once they are repaired", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    await Deno.remove(recordings[1]!.audio);
    await Deno.writeFile(recordings[4]!.audio, new Uint8Array(0));
    await Deno.writeTextFile(recordings[5]!.audio, "no sound");
    for (const expected of [8, 0]) {
      const speech = await transcribeAll(recordings, lengthWhisper(), { folder });
      assert.equal(speech.newRecordings, expected);
      assert.deepEqual(speech.problems.map(({ id }) => id), ["r1", "r4", "r5"]);
      assert.match(speech.problems[0]!.problem, /no such file/);
      assert.equal(speech.problems[1]!.file, recordings[4]!.audio);
      assert.match(speech.problems[1]!.problem, /0 bytes/);
      assert.equal(speech.transcripts.size, 8);
      await speech.close();
    }
    await Deno.writeFile(recordings[4]!.audio, wav([tone(440, 16000, 0.1)], 16000));
    const mended = await transcribeAll(recordings, lengthWhisper(), { folder });
    assert.equal(mended.problems.length, 2);
    await mended.close();
  });
});

Deno.test("transcribeAll stops on request and continues where it was", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const whisper = lengthWhisper();
    const controller = new AbortController();
    const progress = (done: number) => {
      if (done >= 4) controller.abort(new Error("stopped by the user"));
    };
    const options = { folder, batchSize: 2, signal: controller.signal, progress };
    await assert.rejects(transcribeAll(recordings, whisper, options), /stopped by the user/);
    assert.equal(whisper.transcribed, 4);
    const speech = await transcribeAll(recordings, whisper, { folder });
    assert.equal(whisper.transcribed, 11);
    await speech.close();
  });
});

Deno.test("two data sets can use the store of a model at the same time", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const both = await Promise.all(
      [recordings.slice(0, 6), recordings.slice(4)].map((list) => transcribeAll(list, lengthWhisper(), { folder })),
    );
    assert.equal(both[0]!.newRecordings + both[1]!.newRecordings, 11);
    for (const speech of both) {
      assert.equal((await speech.states("r5")).length, 2 * speech.transcripts.get("r5")!.frames);
      await speech.close();
    }
  });
});

Deno.test("transcribeAll of nothing", async () => {
  const folder = await temporaryFolder();
  const speech = await transcribeAll([], lengthWhisper(), { folder });
  assert.deepEqual([speech.transcripts.size, speech.problems.length, speech.newRecordings], [0, 0, 0]);
  await speech.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("states for more seconds are computed when they are wanted, without another transcript; fewer are read from them", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const whisper = lengthWhisper();
    const seen: [number, number, number][] = [];
    const states: Float32Array[] = [];
    for (const maxSeconds of [0.05, 120, 0.05, 0.15]) {
      const speech = await transcribeAll(recordings, whisper, { folder, maxSeconds });
      seen.push([whisper.transcribed, whisper.encoded, speech.transcripts.get("r3")!.frames]);
      states.push(await speech.states("r3"));
      assert.equal(speech.transcripts.get("r3")!.text, "Length 3200");
      assert.equal(speech.transcripts.get("r3")!.seconds, 0.2);
      await speech.close();
    }
    assert.deepEqual(seen, [[11, 0, 3], [11, 11, 10], [11, 11, 3], [11, 11, 8]]);
    const [short, whole, again, middle] = states as [Float32Array, Float32Array, Float32Array, Float32Array];
    assert.deepEqual([short.length, whole.length], [6, 20]);
    assert.deepEqual([again, short], [whole.slice(0, 6), whole.slice(0, 6)]);
    assert.deepEqual(middle, whole.slice(0, 16));
  });
});

Deno.test("transcribeAll reports how much it transcribed, and frees the model that it loaded", async () => {
  await withRecordings(async (root, recordings) => {
    const whisper = lengthWhisper();
    const speech = await transcribeAll(recordings, sourceOf(whisper), { folder: join(root, "cache") });
    assert.ok(Math.abs(speech.newSeconds - 11 * 0.15) < 1e-9);
    assert.ok(speech.elapsed > 0);
    assert.equal(whisper.disposals, 1);
    assert.match(
      describeSpeed({ ...speech, newSeconds: 7200, elapsed: 100 })!,
      /^2\.00 h of speech in 100 s: 72 s of speech a second$/,
    );
    assert.equal(describeSpeed({ ...speech, newRecordings: 0 }), undefined);
    await speech.close();
  });
});
