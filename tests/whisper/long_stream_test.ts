/** Recordings of any length: read in parts, transcribed window by window, in bounded memory. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { readAudio, readAudioParts, readAudioStart } from "../../lib/audio/read_audio.ts";
import { transcribeLong } from "../../lib/whisper/long_recording.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";
import { windowsOf, windowsOfParts } from "../../lib/whisper/windows.ts";
import { wav } from "../audio/wav.ts";
import { ROOT } from "../cli/run.ts";
import { temporaryFolder } from "../temporary.ts";

const NARRATIONS = join(ROOT, "data/sample/coco/coco_val");

async function* partsOf(samples: Float32Array, lengths: readonly number[]): AsyncGenerator<Float32Array> {
  for (let at = 0, i = 0; at < samples.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield samples.slice(at, at + length);
    at += length;
  }
}

/** The bundled narrations in a row, of at least so many seconds. */
async function speech(seconds: number): Promise<Float32Array> {
  const all: Float32Array[] = [];
  for (const { name } of [...Deno.readDirSync(NARRATIONS)].sort((a, b) => a.name.localeCompare(b.name))) {
    all.push(await readAudio(join(NARRATIONS, name)));
    if (all.reduce((sum, { length }) => sum + length, 0) > 16000 * seconds) break;
  }
  return Float32Array.from(all.flatMap((part) => [...part]));
}

Deno.test("windows of parts are those of the whole recording, however it is divided", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }).map((windows) => windows * 3200),
      fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 60_000 }),
      async (window, lengths, length) => {
        const samples = Float32Array.from({ length }, (_, i) => Math.sin(i * i / 1e4) * (1 + Math.sin(i / 997)));
        const pieces = await Array.fromAsync(windowsOfParts(partsOf(samples, lengths), window));
        assert.deepEqual(pieces, windowsOf(samples, window).map((piece) => piece.slice()));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("parts of a recording are the whole, and its start is enough of it", async () => {
  const path = join(await temporaryFolder(), "long.wav");
  const samples = await speech(30);
  await Deno.writeFile(path, wav([samples, samples.toReversed()], 44100));
  const whole = await readAudio(path);
  const parts = await Array.fromAsync(readAudioParts(path));
  assert.deepEqual(Float32Array.from(parts.flatMap((part) => [...part])), whole);
  const start = await readAudioStart(path, 20_000);
  assert.ok(start.length >= 20_000 && start.length < whole.length);
  assert.deepEqual(start, whole.slice(0, start.length));
});

Deno.test("a long recording has the transcript and states that it has at once, and all of it is transcribed", async () => {
  const whisper = await loadWhisper(join(ROOT, "data/models/whisper-tiny-sample"));
  try {
    const samples = await speech(75);
    const [once] = await whisper.transcribe([samples], { maxSeconds: 20, transcripts: 2 });
    const windows = () => windowsOfParts(partsOf(samples, [70_000, 13]), whisper.window);
    const long = await transcribeLong(whisper, windows, { maxSeconds: 20, transcripts: 2 });
    assert.equal(long.text, once!.text);
    assert.deepEqual(long.others, once!.others);
    assert.ok(long.text.split(" ").length > 60, long.text);
    assert.equal(long.samples, samples.length);
    assert.equal(long.frames, once!.frames);
    assert.equal(long.states.length, once!.states.length);
    assert.ok(long.states.every((value, i) => Math.abs(value - once!.states[i]!) < 1e-4));

    // Through the store: the same text, and an aborted one is not stored.
    const folder = await temporaryFolder();
    const file = join(folder, "long.wav");
    await Deno.writeFile(file, wav([await speech(130)], 16000));
    const stopped = new AbortController();
    stopped.abort(new Error("stopped"));
    const recordings = [{ id: "a", audio: file }];
    await assert.rejects(
      transcribeAll(recordings, whisper, { folder: join(folder, "store"), signal: stopped.signal }),
      /stopped/,
    );
    const first = await transcribeAll(recordings, whisper, { folder: join(folder, "store"), states: false });
    const [direct] = await whisper.transcribe([await readAudio(file)], { maxSeconds: 20 });
    assert.equal(first.transcripts.get("a")?.text, direct!.text);
    await first.close();
    const again = await transcribeAll(recordings, whisper, { folder: join(folder, "store"), maxSeconds: 20 });
    assert.equal(again.newRecordings, 1, "only its states were missing");
    assert.equal(again.transcripts.get("a")?.text, direct!.text);
    const states = await again.states("a");
    assert.equal(states.length, direct!.states.length);
    assert.ok(states.every((value, i) => Math.abs(value - direct!.states[i]!) < 2e-2), "in half precision");
    await again.close();
  } finally {
    await whisper.dispose();
  }
});
