/** The bundled Whisper on the bundled recordings, as transformers.js runs it. */
import assert from "node:assert/strict";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import type { Pair } from "../../lib/data/pair.ts";
import { bareWords } from "../../lib/text/normalize.ts";
import { corpusWer, wordErrors } from "../../lib/text/word_errors.ts";
import { loadWhisper, type Whisper } from "../../lib/whisper/whisper.ts";

const DATA = new URL("../../data/", import.meta.url).pathname;
const BATCH = 8;

/** The word error rate over all recordings together, without punctuation. */
async function wer(whisper: Whisper, pairs: readonly Pair[]): Promise<number> {
  const errors = [];
  for (let i = 0; i < pairs.length; i += BATCH) {
    const batch = pairs.slice(i, i + BATCH);
    const transcribed = await whisper.transcribe(await Promise.all(batch.map(({ audio }) => readAudio(audio))));
    errors.push(...batch.map(({ text }, k) => wordErrors(bareWords(text), bareWords(transcribed[k]!.text))));
  }
  return corpusWer(errors);
}

Deno.test("the bundled Whisper transcribes captions well and makes errors on narrations", async () => {
  const whisper = await loadWhisper(`${DATA}models/whisper-tiny-sample`);
  try {
    const test = async (name: "flickr8k" | "ln-coco", folder: string): Promise<Pair[]> =>
      (await loadPairs(name, `${DATA}sample/${folder}`)).filter(({ split }) => split === "test");
    const captions = (await test("flickr8k", "flickr8k")).filter((_, i) => i % 5 === 0);
    const [ofCaptions, ofNarrations] = [
      await wer(whisper, captions),
      await wer(whisper, await test("ln-coco", "coco")),
    ];
    console.log(
      `WER on test: captions ${(100 * ofCaptions).toFixed(1)} %, narrations ${(100 * ofNarrations).toFixed(1)} %`,
    );
    assert.ok(ofCaptions <= 0.1);
    assert.ok(ofNarrations >= 0.2 && ofNarrations <= 0.3);
  } finally {
    await whisper.dispose();
  }
});
