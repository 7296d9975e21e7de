import assert from "node:assert/strict";
import { join } from "@std/path";
import { runBatch } from "../../lib/whisper/transcribe_files.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { lengthWhisper, withRecordings } from "./length_whisper.ts";

Deno.test("a recording on which Whisper fails is tried alone, listed by kind, and loses no other", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const whisper = lengthWhisper();
    const bad = new Set([1600 + 160 * 7, 1600 + 160 * 3]); // samples of r1 and r2
    let tried = 0;
    whisper.trouble = ({ length }) => {
      if (!bad.has(length)) return;
      tried++;
      throw new Error("the session crashed.");
    };
    const speech = await transcribeAll(recordings, whisper, { folder, batchSize: 4 });
    assert.deepEqual(speech.problems.map(({ id, kind }) => [id, kind]), [["r1", "whisper"], ["r2", "whisper"]]);
    assert.match(
      speech.problems[0]!.problem,
      /^Cannot transcribe '.*r1\.wav' as Whisper failed on it in a batch and alone: the session crashed\. The next run tries/,
    );
    assert.deepEqual([speech.transcripts.size, speech.newRecordings], [9, 9]);
    assert.ok(tried >= 3, "each was tried alone after the batch");
    await speech.close();

    whisper.trouble = () => {};
    const next = await transcribeAll(recordings, whisper, { folder });
    assert.deepEqual([next.problems.length, next.newRecordings], [0, 2]);
    await next.close();
  });
});

Deno.test("a model that fails on everything from the start is an error; one that has transcribed before is not", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const whisper = lengthWhisper();
    const crash = () => {
      throw new Error("bad decoder");
    };
    whisper.trouble = crash;
    await assert.rejects(transcribeAll(recordings, whisper, { folder }), {
      name: "InputError",
      message:
        /^Cannot transcribe with Whisper 'length' as it failed on each of the first 8 recordings: bad decoder\. Check/,
    });
    whisper.trouble = () => {};
    await (await transcribeAll(recordings.slice(0, 1), whisper, { folder })).close();
    whisper.trouble = crash;
    const speech = await transcribeAll(recordings, whisper, { folder });
    assert.deepEqual([speech.problems.length, speech.transcripts.size], [10, 1]);
    await speech.close();
  });
});

Deno.test("runBatch counts states that are no finite numbers, or too large, as failures", async () => {
  const run = (values: number[]) => (batch: readonly Float32Array[]) =>
    Promise.resolve(batch.map((samples) => {
      const states = Float32Array.from([0, values[samples[0]!]!]);
      return { states, frames: 1, width: 2 };
    }));
  const batch = [0, 1, 2, 3].map((i) => Float32Array.of(i));
  const results = await runBatch(batch, run([1, NaN, 7e4, -65504]));
  assert.deepEqual(results.map((result) => "failure" in result), [false, true, true, false]);
  assert.match((results[1] as { failure: string }).failure, /no finite numbers/);
  assert.deepEqual(await runBatch([], run([])), []);
});

Deno.test("empty transcripts are stored and counted", async () => {
  await withRecordings(async (root, recordings) => {
    const whisper = lengthWhisper();
    const { transcribe } = whisper;
    whisper.transcribe = async (batch, options) =>
      (await transcribe(batch, options)).map((result, i) =>
        batch[i]!.length === 1600 ? { ...result, text: "" } : result
      );
    for (const _ of [1, 2]) {
      const speech = await transcribeAll(recordings, whisper, { folder: join(root, "cache") });
      assert.deepEqual(speech.empty, ["r0"]);
      assert.equal(speech.transcripts.get("r0")?.text, "");
      assert.equal(speech.problems.length, 0);
      await speech.close();
    }
  });
});
