import assert from "node:assert/strict";
import { loadWhisper, openWhisper } from "../../lib/whisper/whisper.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { wav } from "../audio/wav.ts";
import { join } from "@std/path";
import { temporaryFolder } from "../temporary.ts";
import { randomWhisper, swell } from "./random_whisper.ts";

Deno.test("with padding a short recording has the states of the whole window, which begin with those of real audio", async () => {
  const folder = await randomWhisper();
  const store = await temporaryFolder("brewclip-store-");
  const [plain, padded] = [await loadWhisper(folder), await loadWhisper(folder, { padding: true })];
  try {
    const positions = plain.window / 320;
    const short = swell(4, 0.7), long = new Float32Array(plain.window + 16000).fill(0.01);
    const [a, b] = [await plain.encode([short, long]), await padded.encode([short, long])];
    assert.equal(a[0]!.frames, 35);
    assert.equal(b[0]!.frames, positions);
    assert.equal(b[0]!.states.length, positions * padded.width);
    assert.deepEqual(b[0]!.states.subarray(0, 35 * padded.width), a[0]!.states);
    assert.ok(b[0]!.states.subarray(35 * padded.width).some((value) => value !== 0), "padding has states of its own");
    // A recording of several windows has no padding.
    assert.deepEqual(b[1], a[1]);
    assert.equal((await padded.encode([short], { maxSeconds: 0.1 }))[0]!.frames, positions);

    // The store separates both kinds and returns the stored states.
    const audio = join(store, "a.wav");
    await Deno.writeFile(audio, wav([short], 16000));
    const source = await openWhisper(folder, { padding: true });
    assert.notEqual(source.key, (await openWhisper(folder)).key);
    assert.equal(source.minFrames, positions);
    for (const newRecordings of [1, 0]) {
      const found = await transcribeAll([{ id: "a", audio }], source, { folder: store });
      assert.equal(found.newRecordings, newRecordings);
      assert.equal(found.transcripts.get("a")!.frames, positions);
      assert.equal((await found.states("a")).length, positions * source.width);
      await found.close();
    }
  } finally {
    await plain.dispose();
    await padded.dispose();
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(store, { recursive: true });
  }
});
