import assert from "node:assert/strict";
import fc from "fast-check";
import { AutoTokenizer, Tensor, WhisperForConditionalGeneration } from "@xenova/transformers";
import { logMel } from "../../lib/audio/log_mel.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";
import { framesOf, windowsOf } from "../../lib/whisper/windows.ts";
import { randomWhisper, swell } from "./random_whisper.ts";

const folder = await randomWhisper();
/** 6.3 s, 0.4 s, 2 s (the window), 2.02 s, 11 s, 3.7 s of changing noise. */
const clips = [6.3, 0.4, 2, 2.02, 11, 3.7].map((seconds, seed) => swell(seed + 20, seconds));

/** The states of a recording, one window at a time through transformers.js: the rows of real audio of each. */
async function naive(samples: Float32Array): Promise<{ text: string; states: number[] }> {
  const model = await WhisperForConditionalGeneration.from_pretrained(folder, { dtype: "fp32", device: "cpu" });
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const texts: string[] = [];
  const states: number[] = [];
  for (const piece of windowsOf(samples, 32000)) {
    const padded = new Float32Array(32000);
    padded.set(piece);
    const inputs = new Tensor("float32", logMel(padded, { frames: 200, bands: 80 }), [1, 80, 200]);
    const { last_hidden_state } = await model.sessions["model"].run({ input_features: inputs.ort_tensor });
    const real = Math.ceil(piece.length / 320);
    states.push(...(last_hidden_state.data as Float32Array).subarray(0, real * 32));
    const tokens = await model.generate({ inputs } as never) as Tensor;
    texts.push(tokenizer.batch_decode(tokens, { skip_special_tokens: true })[0]!.trim());
  }
  await model.dispose();
  return { text: texts.join(" ").trim(), states };
}

Deno.test("states of all windows and the transcript equal the naive way, window by window", async () => {
  const whisper = await loadWhisper(folder, { together: 8 });
  const batch = await whisper.transcribe(clips);
  for (const [i, clip] of clips.entries()) {
    const expected = await naive(clip);
    const found = batch[i]!;
    assert.equal(found.text, expected.text);
    assert.equal(found.frames, Math.ceil(clip.length / 320), "50 frames a second over the whole recording");
    assert.equal(found.states.length, expected.states.length);
    found.states.forEach((value, j) => assert.ok(Math.abs(value - expected.states[j]!) < 1e-3, `${i}: ${j}`));
  }
  assert.ok(new Set(batch.map(({ text }) => text)).size > 3, "the recordings should not all sound the same");
  await whisper.dispose();
});

Deno.test("maxSeconds keeps the first states and all of the transcript; encode gives the same states", async () => {
  const whisper = await loadWhisper(folder, { together: 8 });
  const all = await whisper.transcribe(clips);
  for (const maxSeconds of [0.01, 1.99, 2, 3.331, 8, 1000]) {
    const some = await whisper.transcribe(clips, { maxSeconds });
    const encoded = await whisper.encode(clips, { maxSeconds });
    for (const [i, clip] of clips.entries()) {
      const frames = Math.min(Math.ceil(50 * maxSeconds), Math.ceil(clip.length / 320));
      assert.equal(some[i]!.text, all[i]!.text);
      for (const { states, frames: found } of [some[i]!, encoded[i]!]) {
        assert.equal(found, frames);
        assert.equal(states.length, 32 * frames);
        states.forEach((value, j) => assert.ok(Math.abs(value - all[i]!.states[j]!) < 1e-4));
      }
    }
  }
  await whisper.dispose();
});

Deno.test("the frames of a recording's windows are the frames of the recording", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 90000 }),
      fc.integer({ min: 10, max: 100 }),
      fc.integer(),
      (length, w, seed) => {
        const pieces = windowsOf(swell(seed, length / 16000), 320 * w);
        assert.equal(pieces.reduce((sum, piece) => sum + framesOf(piece.length), 0), framesOf(length));
        assert.ok(pieces.slice(0, -1).every((piece) => piece.length % 320 === 0));
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("framesOf counts 50 frames a second up to the limit", () => {
  assert.deepEqual([1, 320, 321, 16000].map((samples) => framesOf(samples)), [1, 1, 2, 50]);
  assert.deepEqual([0, 1, 2.5, 1000].map((seconds) => framesOf(160000, seconds)), [1, 50, 125, 500]);
});
